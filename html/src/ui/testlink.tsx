import type { JSX } from 'preact';

import { t } from '../i18n';
import { useApp } from './context';
import { Icon } from './icon';

/*
 * To the connection test, from wherever somebody may be stuck.  A call goes on
 * meanwhile: there the test opens beside it.
 */
export function TestLink(): JSX.Element {
    const app = useApp();

    if (app.phase.value.name === 'call') {
        return (
            <a class="test-link" href="./test" target="_blank" rel="noopener">
                <Icon name="info" />
                {t('test_link_apart')}
            </a>
        );
    }

    return (
        <a
            class="test-link"
            href="./test"
            onClick={(event) => {
                event.preventDefault();
                app.test();
            }}
        >
            <Icon name="info" />
            {t('test_link')}
        </a>
    );
}
