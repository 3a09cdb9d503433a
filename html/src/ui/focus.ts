/*
 * A button that goes together with what it was for takes the focus with it, to
 * the top of the page: for who works by keyboard that is far away, and keys
 * that a panel or menu listens to reach it no more.  Here the focus stays
 * near, in what is left of the region around it.
 */

const REGION = 'section, aside, dialog, [role="menu"], main';


export function keepFocus(page: Document): void {
    let path: readonly Element[] = [];

    function remember(event: FocusEvent): void {
        path = event.composedPath()
            .filter((one): one is Element => one instanceof Element);
    }

    /* who clicks beside everything means it */
    function leave(event: FocusEvent): void {
        const { target } = event;

        setTimeout(() => {
            if (path[0] === target && path[0]?.isConnected) {
                path = [];
            }
        }, 0);
    }

    function mend(): void {
        const [lost] = path;

        if (lost === undefined || lost.isConnected
            || page.activeElement !== page.body)
        {
            return;
        }

        const near = path.find((one) =>
            one.isConnected && one.matches(REGION));

        path = [];

        if (near instanceof HTMLElement) {
            if (!near.hasAttribute('tabindex')) {
                near.tabIndex = -1;
            }

            near.focus({ preventScroll: true });
        }
    }

    page.addEventListener('focusin', remember);
    page.addEventListener('focusout', leave);
    new MutationObserver(mend).observe(page.body,
        { childList: true, subtree: true });
}
