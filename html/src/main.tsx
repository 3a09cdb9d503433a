import { render } from 'preact';

import { createApp } from './model/app';
import { browserOf } from './model/browser';
import type { App } from './model/types';
import './style/tokens.css';
import './style/base.css';
import './style/controls.css';
import './style/share.css';
import './style/join.css';
import './style/pages.css';
import './style/test.css';
import { setLanguage } from './i18n';
import { keepFocus } from './ui/focus';
import { Root } from './ui/root';

declare global {
    interface Window {
        /* left by boot.js, taken here once */
        meetFragment?: string | undefined;
        /* for the browser tests: nothing the page could not reach anyway */
        meet?: App;
    }
}

const fragment = window.meetFragment ?? '';

delete window.meetFragment;
setLanguage(document.documentElement.lang === 'de' ? 'de' : 'en');

const app = createApp(browserOf(window, fragment));
const root = document.getElementById('app');

if (root !== null) {
    window.meet = app;
    render(<Root app={app} />, root);
    keepFocus(document);
    void app.start();
}

/* The same tab is given another link: its secret leaves the bar at once. */
window.addEventListener('hashchange', () => {
    const secret = location.hash.slice(1);
    const room = location.pathname.split('/').pop() ?? '';

    if (secret === '') {
        return;
    }

    history.replaceState(null, '', location.pathname + location.search);

    if (room !== '' && app.phase.value.name !== 'call') {
        void app.open(room, secret);
    }
});

/* Back never drops a call by accident; elsewhere the address decides. */
window.addEventListener('popstate', () => {
    const phase = app.phase.value;

    if (phase.name === 'call') {
        history.pushState(null, '', `./${phase.room}`);
    } else if (location.hash === '') {
        location.reload();
    }
});
