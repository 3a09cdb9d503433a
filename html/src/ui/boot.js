/*
 * Runs in the head, before the first paint: takes the secret of the link out
 * of the address bar and settles colours and language, so nothing flickers.
 * main.tsx collects window.meetFragment once.
 */
(function () {
    var root = document.documentElement;
    var media = matchMedia('(prefers-color-scheme: dark)');

    function stored(key) {
        try {
            return localStorage.getItem(key);
        } catch (e) {
            return null;
        }
    }

    function paint() {
        var choice = stored('meet.theme');

        if (choice !== 'light' && choice !== 'dark') {
            choice = media.matches ? 'dark' : 'light';
        }

        root.dataset.theme = choice;
    }

    var language = stored('meet.lang') || navigator.language || 'en';

    root.lang = /^de\b/i.test(language) ? 'de' : 'en';
    paint();
    media.addEventListener('change', paint);

    if (location.hash.length > 1) {
        window.meetFragment = location.hash.slice(1);
        history.replaceState(null, '', location.pathname + location.search);
    }
}());
