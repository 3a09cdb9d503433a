import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { formatTime, t } from '../../i18n';
import type { ChatMessage } from '../../model/types';
import { useCall } from '../context';
import { Icon } from '../icon';
import { linkify } from './linkify';
import { PanelFrame } from './panel';

/* Messages of one person within this time stand under one name. */
const TOGETHER_MS = 5 * 60 * 1000;
const NEAR_END_PX = 60;
const ROWS_MAX = 5;

export function ChatPanel(): JSX.Element {
    const { chat } = useCall();

    useEffect(() => {
        chat.setOpen(true);

        return () => chat.setOpen(false);
    }, [chat]);

    return (
        <PanelFrame title={t('chat_title')}>
            <Messages />
            <Compose />
        </PanelFrame>
    );
}

function Messages(): JSX.Element {
    const { chat } = useCall();
    const ref = useRef<HTMLDivElement>(null);
    const atEnd = useRef(true);
    const [more, setMore] = useState(false);
    const messages = chat.messages.value;
    const last = messages[messages.length - 1];

    function toEnd(): void {
        const list = ref.current;

        if (list !== null) {
            list.scrollTop = list.scrollHeight;
        }

        setMore(false);
    }

    useLayoutEffect(() => {
        if (atEnd.current || last?.self === true) {
            toEnd();
        } else {
            setMore(true);
        }
    }, [last?.key, messages.length]);

    return (
        <div class="chat-space">
            <div
                ref={ref}
                class="chat-list"
                role="log"
                aria-live="off"
                aria-label={t('chat_title')}
                tabIndex={0}
                onScroll={(event) => {
                    const list = event.currentTarget;

                    atEnd.current =
                        list.scrollHeight - list.scrollTop -
                            list.clientHeight < NEAR_END_PX;

                    if (atEnd.current) {
                        setMore(false);
                    }
                }}
            >
                {chat.loading.value ? (
                    <p class="chat-note">
                        <span class="spin" />
                        {t('chat_loading')}
                    </p>
                ) : messages.length === 0 ? (
                    <p class="chat-note">{t('chat_empty')}</p>
                ) : null}
                {messages.map((message, i) => (
                    <Message
                        key={message.key}
                        message={message}
                        together={follows(messages[i - 1], message)}
                    />
                ))}
            </div>
            {more ? (
                <button
                    type="button"
                    class="btn compact chat-new"
                    onClick={toEnd}
                >
                    {t('chat_new')}
                </button>
            ) : null}
        </div>
    );
}

function follows(
    before: ChatMessage | undefined,
    message: ChatMessage,
): boolean {
    return (
        before !== undefined &&
        before.sender === message.sender &&
        before.name === message.name &&
        message.timeMs - before.timeMs < TOGETHER_MS
    );
}

function Message(props: {
    message: ChatMessage;
    together: boolean;
}): JSX.Element {
    const { message } = props;
    const { chat } = useCall();
    const classes = ['message-line'];

    if (message.self) {
        classes.push('own');
    }

    if (props.together) {
        classes.push('together');
    }

    return (
        <article class={classes.join(' ')}>
            <p class={props.together ? 'sr' : 'message-head'}>
                <bdi>{message.name}</bdi>{' '}
                <time dateTime={new Date(message.timeMs).toISOString()}>
                    {formatTime(message.timeMs, Date.now())}
                </time>
            </p>
            <p class="message-text" dir="auto">
                {message.state === 'unreadable' ? (
                    <em class="muted">{t('chat_unreadable')}</em>
                ) : (
                    linkify(message.text).map((part, i) =>
                        part.href === null ? (
                            part.text
                        ) : (
                            <a
                                key={i}
                                href={part.href}
                                target="_blank"
                                rel="noopener noreferrer nofollow"
                            >
                                {part.text}
                            </a>
                        ),
                    )
                )}
            </p>
            {message.state === 'sending' ? (
                <p class="message-state">{t('chat_sending')}</p>
            ) : null}
            {message.state === 'failed' ? (
                <p class="message-state bad">
                    {t('chat_failed')}
                    <button
                        type="button"
                        class="btn compact quiet"
                        onClick={() => chat.retry(message.key)}
                    >
                        {t('chat_again')}
                    </button>
                    <button
                        type="button"
                        class="btn compact quiet"
                        onClick={() => chat.drop(message.key)}
                    >
                        {t('chat_drop')}
                    </button>
                </p>
            ) : null}
        </article>
    );
}

function Compose(): JSX.Element {
    const call = useCall();
    const [text, setText] = useState('');
    const [bad, setBad] = useState(false);
    const ref = useRef<HTMLTextAreaElement>(null);

    if (!call.rights.value.has('chat')) {
        return <p class="chat-note">{t('chat_closed')}</p>;
    }

    async function send(): Promise<void> {
        const words = text.trim();

        if (words === '') {
            return;
        }

        setText('');

        if (!(await call.chat.send(words))) {
            setText(words);
            setBad(true);
        }
    }

    return (
        <form
            class="compose"
            onSubmit={(event) => {
                event.preventDefault();
                void send();
            }}
        >
            {bad ? (
                <p class="error small" role="alert">
                    {t('chat_too_long')}
                </p>
            ) : null}
            <div class="compose-line">
                <textarea
                    ref={ref}
                    data-first
                    class="input"
                    rows={Math.min(ROWS_MAX, text.split('\n').length)}
                    aria-label={t('chat_input')}
                    placeholder={t('chat_input')}
                    value={text}
                    onInput={(event) => {
                        setText(event.currentTarget.value);
                        setBad(false);
                    }}
                    onKeyDown={(event) => {
                        if (
                            event.key === 'Enter' &&
                            !event.shiftKey &&
                            !event.isComposing
                        ) {
                            event.preventDefault();
                            void send();
                        }
                    }}
                />
                <button
                    class="iconbtn send"
                    aria-label={t('chat_send')}
                    title={t('chat_send')}
                    disabled={text.trim() === ''}
                >
                    <Icon name="send" />
                </button>
            </div>
        </form>
    );
}
