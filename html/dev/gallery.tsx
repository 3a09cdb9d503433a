import { render } from 'preact';

import { setLanguage } from '../src/i18n';
import type { ErrorCode } from '../src/model/types';
import '../src/style/tokens.css';
import '../src/style/base.css';
import '../src/style/controls.css';
import '../src/style/share.css';
import '../src/style/join.css';
import '../src/style/pages.css';
import { Root } from '../src/ui/root';
import { fakeApp } from './fake';

const q = new URLSearchParams(location.search);

setLanguage(q.get('lang') === 'de' ? 'de' : 'en');

const app = fakeApp({
    page: q.get('page') ?? 'landing',
    people: Number(q.get('people') ?? 5),
    screen: q.has('screen'),
    owner: q.has('owner'),
    devices: !q.has('bare'),
    error: q.get('error') as ErrorCode | null,
    weak: q.has('weak'),
    saving: q.has('saving'),
});
const root = document.getElementById('app');

if (root !== null) {
    render(<Root app={app} />, root);
}
