import type { JSX } from 'preact';

import { t } from '../i18n';
import { useApp } from './context';
import { Icon } from './icon';

/* To the connection test, from wherever somebody may be stuck. */
export function TestLink(): JSX.Element {
    const app = useApp();

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
