import type { ComponentType, JSX } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';

import { formatDate, t } from '../i18n';
import type { ShareCard as Card } from '../model/types';
import { useApp } from './context';
import { reason } from './errors';
import { Check, CopyButton } from './forms';
import { Icon } from './icon';
import { announce } from './live';

/* h3 below the title of a dialog, h2 below that of a page */
type Heading = 'h2' | 'h3';

/*
 * Two halves that nobody can mistake for each other: what goes to the class,
 * and what the teacher keeps.
 */
export function ShareCard(props: {
    share: Card;
    heading: Heading;
}): JSX.Element {
    const { share, heading } = props;

    return (
        <div class={share.teacherLink === null ? 'share' : 'share two'}>
            <ClassHalf share={share} heading={heading} />
            {share.teacherLink === null ? null : (
                <TeacherHalf
                    link={share.teacherLink}
                    room={share.room}
                    heading={heading}
                />
            )}
            {share.expires === null ? null : (
                <p class="share-expiry muted small">
                    <Icon name="clock" />
                    {t('share_expires', { date: formatDate(share.expires) })}
                </p>
            )}
        </div>
    );
}

function ClassHalf(props: { share: Card; heading: Heading }): JSX.Element {
    const id = useId();
    const { share, heading: H } = props;
    const { classLink, password } = share;

    return (
        <section class="share-class" aria-labelledby={id}>
            <H class="share-for" id={id}>
                <Icon name="people" />
                {t('share_class')}
            </H>
            {classLink === null || password === null ? (
                <>
                    <p class="notice warm">
                        <Icon name="info" />
                        {t('share_no_password')}
                    </p>
                    <ReadOut share={share} />
                </>
            ) : (
                <>
                    <p class="muted">{t('share_class_text')}</p>
                    <LinkLine label={t('share_class_link')} link={classLink} />
                    <div class="row">
                        <CopyButton
                            class="primary"
                            text={classLink}
                            label={t('share_copy_link')}
                        />
                        <CopyButton
                            text={t('share_invite', {
                                room: share.room,
                                password,
                                link: classLink,
                            })}
                            label={t('share_copy_invite')}
                        />
                    </div>
                    <div class="share-ways">
                        <ReadOut share={share} />
                        <Qr link={classLink} />
                    </div>
                </>
            )}
        </section>
    );
}

/* `shown`: the label is there for everybody, not only for screen readers */
export function LinkLine(props: {
    label: string;
    link: string;
    shown?: boolean;
}): JSX.Element {
    const id = useId();

    return (
        <div class="field">
            <label class={props.shown ? undefined : 'sr'} for={id}>
                {props.label}
            </label>
            <input
                id={id}
                class="input mono link"
                readOnly
                value={props.link}
                onFocus={(event) => event.currentTarget.select()}
            />
        </div>
    );
}

function ReadOut({ share }: { share: Card }): JSX.Element {
    const [host, ...path] = share.roomLink
        .replace(/^https?:\/\//, '')
        .split('/');

    return (
        <dl class="readout">
            <div>
                <dt>{t('share_room')}</dt>
                <dd class="mono">
                    {host}/<wbr />
                    {path.join('/')}
                </dd>
            </div>
            {share.password === null ? null : (
                <div>
                    <dt>{t('share_password')}</dt>
                    <dd class="mono password">
                        {share.password.split('-').map((word, i, all) => (
                            <span key={i}>
                                {word}
                                {i < all.length - 1 ? <i>-</i> : null}
                            </span>
                        ))}
                    </dd>
                </div>
            )}
        </dl>
    );
}

type QrType = ComponentType<{ text: string; label: string }>;

function Qr({ link }: { link: string }): JSX.Element {
    const [Code, setCode] = useState<QrType | null>(null);

    useEffect(() => {
        void import('./qr').then((m) => setCode(() => m.default));
    }, []);

    return (
        <figure class="qr-box">
            {Code === null ? (
                <span class="spin" />
            ) : (
                <Code text={link} label={t('share_qr')} />
            )}
            <figcaption class="small muted">{t('share_qr_hint')}</figcaption>
        </figure>
    );
}

function TeacherHalf(props: {
    link: string;
    room: string;
    heading: Heading;
}): JSX.Element {
    const app = useApp();
    const H = props.heading;
    const id = useId();
    const [shown, setShown] = useState(false);
    const kept = app.remembered.value.includes(props.room);

    return (
        <section class="share-teacher" aria-labelledby={id}>
            <H class="share-for" id={id}>
                <Icon name="key" />
                {t('share_owner')}
            </H>
            <p class="small">{t('share_owner_text')}</p>
            {shown ? (
                <LinkLine label={t('share_owner_link')} link={props.link} />
            ) : null}
            <div class="row">
                <CopyButton
                    text={props.link}
                    label={t('share_copy_link')}
                    name={t('share_owner_copy')}
                    compact
                />
                <button
                    type="button"
                    class="btn quiet compact"
                    aria-expanded={shown}
                    onClick={() => setShown(!shown)}
                >
                    {t(shown ? 'share_hide_link' : 'share_show_link')}
                </button>
            </div>
            <Check
                label={t('share_remember')}
                hint={t('share_remember_hint')}
                checked={kept}
                onChange={(keep) => app.remember(keep)}
            />
            {kept ? null : (
                <p class="notice warm">
                    <Icon name="warn" />
                    {t('share_remember_off')}
                </p>
            )}
            {app.phase.value.name === 'call' ? <NewPassword /> : null}
        </section>
    );
}

/* The question comes in place: a dialog over a dialog helps nobody. */
function NewPassword(): JSX.Element {
    const app = useApp();
    const [asked, setAsked] = useState(false);
    const [failed, setFailed] = useState(false);
    const busy = app.busy.value === 'password';

    async function make(): Promise<void> {
        const done = await app.newPassword();

        setFailed(!done);
        setAsked(false);

        if (done) {
            announce(t('password_done'));
        }
    }

    return (
        <div class="stack new-password">
            <p class="small">{t('password_new_hint')}</p>
            <div class="row">
                {asked ? (
                    <>
                        <button
                            type="button"
                            class="btn danger compact"
                            disabled={busy}
                            onClick={() => void make()}
                        >
                            {busy ? <span class="spin" /> : null}
                            {t('password_confirm')}
                        </button>
                        <button
                            type="button"
                            class="btn quiet compact"
                            onClick={() => setAsked(false)}
                        >
                            {t('cancel')}
                        </button>
                    </>
                ) : (
                    <button
                        type="button"
                        class="btn compact"
                        onClick={() => setAsked(true)}
                    >
                        {t('password_new')}
                    </button>
                )}
            </div>
            {failed ? (
                <p class="small error" role="alert">
                    {t('password_failed', {
                        reason: reason(app.error.value ?? 'internal'),
                    })}
                </p>
            ) : null}
        </div>
    );
}
