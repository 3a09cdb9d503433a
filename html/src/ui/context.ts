import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import type { App, Call } from '../model/types';

const AppContext = createContext<App | null>(null);
const CallContext = createContext<Call | null>(null);

export const AppProvider = AppContext.Provider;
export const CallProvider = CallContext.Provider;

export function useApp(): App {
    const app = useContext(AppContext);

    if (app === null) {
        throw new Error('no app around');
    }

    return app;
}

export function useCall(): Call {
    const call = useContext(CallContext);

    if (call === null) {
        throw new Error('no call around');
    }

    return call;
}
