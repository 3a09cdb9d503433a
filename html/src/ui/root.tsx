import type { ComponentType, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { t } from '../i18n';
import type { App, Call, Phase } from '../model/types';
import { Away } from '../pages/away';
import { Created } from '../pages/created';
import { Ended } from '../pages/ended';
import { Join } from '../pages/join';
import { Landing } from '../pages/landing';
import { WaitingPage } from '../pages/waiting';
import { AppProvider } from './context';
import { LiveRegions } from './live';

type CallPage = ComponentType<{ call: Call }>;

let loaded: CallPage | null = null;

/* The call comes as a chunk of its own, fetched while people look at Join. */
async function loadCall(): Promise<CallPage> {
    loaded ??= (await import('../pages/call')).CallPage;

    return loaded;
}

async function loadTest(): Promise<ComponentType> {
    return (await import('../pages/test')).TestPage;
}

export function Root({ app }: { app: App }): JSX.Element {
    const phase = app.phase.value;

    usePageChange(phase);

    return (
        <AppProvider value={app}>
            <Page phase={phase} />
            <LiveRegions />
        </AppProvider>
    );
}

function Page({ phase }: { phase: Phase }): JSX.Element {
    switch (phase.name) {
        case 'landing':
            return <Landing />;

        case 'test':
            return <LazyTest />;

        case 'created':
            return <Created share={phase.share} />;

        case 'join':
            return <Join key={phase.room} phase={phase} />;

        case 'waiting':
            return <WaitingPage phase={phase} />;

        case 'away':
            return <Away />;

        case 'call':
            return <LazyCall call={phase.call} />;

        case 'ended':
            return <Ended room={phase.room} reason={phase.reason} />;
    }
}

function LazyCall({ call }: { call: Call }): JSX.Element {
    const [page, setPage] = useState<CallPage | null>(() => loaded);

    useEffect(() => {
        if (page === null) {
            void loadCall().then((p) => setPage(() => p));
        }
    }, [page]);

    const Page = page;

    return Page === null ? <Loading /> : <Page call={call} />;
}

function LazyTest(): JSX.Element {
    const [page, setPage] = useState<ComponentType | null>(null);

    useEffect(() => {
        void loadTest().then((p) => setPage(() => p));
    }, []);

    const Page = page;

    return Page === null ? <Loading /> : <Page />;
}

function Loading(): JSX.Element {
    return (
        <main class="waiting">
            <span class="spin" />
            {t('loading')}
        </main>
    );
}

/* Title of the tab and place of the focus follow the page. */
function usePageChange(phase: Phase): void {
    const first = useRef(true);
    const room = 'room' in phase ? phase.room : '';

    const name = phase.name === 'test' ? t('test_title') : room;
    const title = name === '' ? t('brand') : `${name} – ${t('brand')}`;

    useEffect(() => {
        document.title = title;
    }, [title]);

    useEffect(() => {
        if (phase.name === 'join' || phase.name === 'created') {
            void loadCall();
        }

        if (first.current) {
            first.current = false;
            return;
        }

        scrollTo(0, 0);
        document.getElementById('main')?.focus();
    }, [phase.name, room]);
}
