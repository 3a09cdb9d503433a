import type { ComponentChildren, JSX } from 'preact';

import { t } from '../i18n';
import { LanguageSwitch, ThemeSwitch } from './appearance';
import { useApp } from './context';
import { Mark } from './icon';

/* Frame of every page outside the call. */
export function Shell(props: {
    children: ComponentChildren;
    class?: string;
}): JSX.Element {
    const app = useApp();

    return (
        <>
            <a class="skip" href="#main" onClick={skip}>
                {t('skip')}
            </a>
            <header class="masthead">
                <a
                    class="wordmark"
                    href="./"
                    title={t('home')}
                    onClick={(event) => {
                        event.preventDefault();
                        app.home();
                    }}
                >
                    <Mark />
                    <span>{t('brand')}</span>
                </a>
                <div class="masthead-side">
                    <LanguageSwitch />
                    <ThemeSwitch />
                </div>
            </header>
            <main id="main" class={props.class} tabIndex={-1}>
                {props.children}
            </main>
        </>
    );
}

/* A fragment in the address bar would look like a secret: focus instead. */
function skip(event: Event): void {
    event.preventDefault();
    document.getElementById('main')?.focus();
}
