import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';

import type { Call } from '../model/types';
import '../style/stage.css';
import '../style/panel.css';
import '../style/call.css';
import { ChatPanel } from '../ui/call/chat';
import { Controls } from '../ui/call/controls';
import { Boxes } from '../ui/call/dialogs';
import { Knock } from '../ui/call/lobby';
import { useNews } from '../ui/call/news';
import { People } from '../ui/call/people';
import { useShortcuts } from '../ui/call/shortcuts';
import { Sounds } from '../ui/call/sounds';
import { Stage } from '../ui/call/stage';
import { StatisticsPanel } from '../ui/call/statistics';
import { Stuck } from '../ui/call/stuck';
import { TopBar } from '../ui/call/topbar';
import { ViewProvider, createView, useView } from '../ui/call/view';
import { CallProvider } from '../ui/context';

export function CallPage({ call }: { call: Call }): JSX.Element {
    const view = useMemo(createView, [call]);

    return (
        <CallProvider value={call}>
            <ViewProvider value={view}>
                <Room />
            </ViewProvider>
        </CallProvider>
    );
}

function Room(): JSX.Element {
    const view = useView();
    const panel = view.panel.value;

    useShortcuts();
    useNews();
    useAwake();

    return (
        <div class={panel === 'none' ? 'call' : 'call with-panel'}>
            <TopBar />
            <main id="main" tabIndex={-1}>
                <Stage />
                <Stuck />
                <Knock />
                <Notes />
            </main>
            {panel === 'chat' ? <ChatPanel /> : null}
            {panel === 'people' ? <People /> : null}
            {panel === 'statistics' ? <StatisticsPanel /> : null}
            <Controls />
            <Sounds />
            <Boxes />
        </div>
    );
}

/* Passing lines; readers hear them through the live region. */
function Notes(): JSX.Element {
    const view = useView();

    return (
        <div class="notes" aria-hidden="true">
            {view.notes.value.map((line) => (
                <p key={line.id} class={line.bad ? 'note bad' : 'note'}>
                    {line.text}
                </p>
            ))}
        </div>
    );
}

/* A phone that goes dark would drop the camera. */
function useAwake(): void {
    useEffect(() => {
        let lock: WakeLockSentinel | null = null;
        let over = false;

        async function take(): Promise<void> {
            if (document.visibilityState !== 'visible') {
                return;
            }

            try {
                lock = await navigator.wakeLock.request('screen');

                if (over) {
                    void lock.release();
                }
            } catch {
                /* not every browser has it, or the battery is low */
            }
        }

        const again = (): void => void take();

        again();
        document.addEventListener('visibilitychange', again);

        return () => {
            over = true;
            document.removeEventListener('visibilitychange', again);
            void lock?.release();
        };
    }, []);
}
