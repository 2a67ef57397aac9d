import type { Settings } from '../../server/domain/settings.ts';
import type { SettingsAnswer } from '../../server/features/settings/api.ts';
import type { Fault } from '../api.ts';
import type { Format } from '../locale.ts';
import { say, textIf } from '../texts.ts';

/** `GET` and `PUT /api/settings`: never returns the GUID, only its last 4 characters. */
export type { SettingsAnswer };

/** The settings as they are on the page. `guid`: what was typed, empty to keep the saved one. */
export type Draft = Settings & { guid: string; newAccount: boolean };

export function draftOf({ guidLast4: _, ...saved }: SettingsAnswer): Draft {
  return { ...saved, guid: '', newAccount: false };
}

/** The document for `PUT /api/settings` and for a preview. */
export function documentOf(draft: Draft): object {
  const guid = draft.guid.trim();
  return { ...draft, guid: guid === '' ? null : guid, newAccount: guid !== '' && draft.newAccount };
}

export const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** A draft, with the settings that it began with. */
export type Edit = { base: Draft; draft: Draft };

export const isDirty = ({ base, draft }: Edit): boolean => !isSame(base, draft);

const changesOf = <Group extends object>(base: Group, draft: Group) =>
  Object.fromEntries(
    Object.entries(draft).filter(([key, value]) => !isSame(value, Reflect.get(base, key))),
  ) as Partial<Group>;

/** What was edited, on what is saved now: two people may change different settings. */
export function editOn({ base, draft }: Edit, latest: Draft): Draft {
  const { email, sms } = draft.consent;
  return {
    ...latest,
    ...changesOf(base, draft),
    send: { ...latest.send, ...changesOf(base.send, draft.send) },
    consent: {
      email: { ...latest.consent.email, ...changesOf(base.consent.email, email) },
      sms: { ...latest.consent.sms, ...changesOf(base.consent.sms, sms) },
    },
    mapping: { ...latest.mapping, ...changesOf(base.mapping, draft.mapping) },
  };
}

/** The server's faults, as the page's fields ask for them. */
export type Faults = {
  all: readonly Fault[];
  /** About this field, or something in it (`listIds` also returns `listIds.2`). */
  of(field: string): string | false;
  /** About this field as a whole. */
  ofAll(field: string): string | false;
};

const valueAt = (settings: object, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, name) => (value instanceof Object ? Reflect.get(value, name) : undefined), settings);

/** Without those about values that were changed since they were refused: the message isn't about what is there now. */
export const withoutChanged = (faults: readonly Fault[], refused: object, now: object): Fault[] =>
  faults.filter(({ field = '' }) => isSame(valueAt(refused, field), valueAt(now, field)));

export function faultsOf(faults: readonly Fault[], format: Format): Faults {
  const said = (fault: Fault | undefined) => (fault ? say(fault.text, format) : false);
  return {
    all: faults,
    of: (field) => said(faults.find((fault) => fault.field === field || fault.field?.startsWith(`${field}.`))),
    ofAll: (field) => said(faults.find((fault) => fault.field === field)),
  };
}

/** The label of a setting, by its path (`send.orders`). */
export const nameOf = (path: string): string => textIf(`settings.fields.${path}`) ?? path;
