import { t } from '../i18n';
import type { DeviceError, ErrorCode } from '../model/types';

/* What to tell people about a code: what happened and what to do next. */

export function reason(code: ErrorCode): string {
    switch (code) {
        case 'network':
        case 'not-connected':
        case 'timeout':
            return t('error_offline');

        case 'internal':
            return t('error_internal');

        case 'storage-full':
            return t('error_storage');

        default:
            return t('error_unknown', { detail: code });
    }
}

export function createError(code: ErrorCode): string {
    switch (code) {
        case 'creation-guarded':
        case 'forbidden':
        case 'not-authorized':
            return t('create_denied');

        case 'name-taken':
            return t('create_name_taken');

        case 'bad-name':
            return t('create_name_bad');

        case 'too-many-rooms':
            return t('create_full');

        case 'too-many-requests':
            return t('join_limited');

        case 'insecure':
            return t('join_insecure');

        default:
            return t('create_failed', { reason: reason(code) });
    }
}

export function joinError(code: ErrorCode, fromLink: boolean): string {
    switch (code) {
        case 'wrong-secret':
        case 'bad-key':
            return fromLink ? t('join_link_wrong') : t('join_password_wrong');

        case 'no-secret':
            return t('join_password_missing');

        case 'no-name':
            return t('join_name_missing');

        case 'room-full':
            return t('join_full');

        case 'room-locked':
            return t('join_locked');

        case 'too-many-requests':
            return t('join_limited');

        case 'network':
            return t('join_offline');

        case 'unavailable':
            return t('join_unavailable');

        case 'insecure':
            return t('join_insecure');

        default:
            return t('join_failed', { reason: reason(code) });
    }
}

export function deviceError(
    error: DeviceError,
    kind: 'mic' | 'camera',
): string {
    const name = { kind: t(kind) };

    switch (error) {
        case 'denied':
            return t('device_denied', name);

        case 'os-blocked':
            return t('device_system', name);

        case 'none':
            return kind === 'mic' ? t('mic_none') : t('camera_none');

        case 'in-use':
            return t('device_busy', name);

        case 'insecure':
            return t('join_insecure');

        default:
            return t('device_failed', name);
    }
}
