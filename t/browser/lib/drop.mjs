// Datagrams and segments to some ports of this machine disappear.  Needs root
// and nft; the table is one of this process, gone with mend().

import { execFileSync } from 'node:child_process';

const TABLE = `meet_test_${process.pid}`;


export function canDrop() {
    try {
        nft(`add table inet ${TABLE}`);
        mend();

        return true;
    } catch {
        return false;
    }
}


/* `rules`: as nft says it, like "udp dport 4000-4001" */
export function drop(...rules) {
    nft(`add table inet ${TABLE}`);
    nft(`add chain inet ${TABLE} in { type filter hook input priority 0; }`);
    rules.forEach((rule) => nft(`add rule inet ${TABLE} in ${rule} drop`));
}


export function mend() {
    nft(`delete table inet ${TABLE}`);
}


function nft(command) {
    execFileSync('nft', [command], { stdio: 'ignore' });
}
