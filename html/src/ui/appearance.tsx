import type { JSX } from 'preact';

import { LANGUAGES, language, t } from '../i18n';
import { Segments } from './forms';
import { chooseLanguage, chooseTheme, theme } from './theme';

export function LanguageSwitch(): JSX.Element {
    return (
        <Segments
            label={t('language')}
            value={language.value}
            options={LANGUAGES.map((l) => ({
                id: l.id,
                label: l.name,
                text: l.short,
                lang: l.id,
            }))}
            onChange={chooseLanguage}
        />
    );
}

export function ThemeSwitch(): JSX.Element {
    return (
        <Segments
            label={t('theme')}
            value={theme.value}
            options={[
                { id: 'system', label: t('theme_system'), icon: 'auto' },
                { id: 'light', label: t('theme_light'), icon: 'sun' },
                { id: 'dark', label: t('theme_dark'), icon: 'moon' },
            ]}
            onChange={chooseTheme}
        />
    );
}
