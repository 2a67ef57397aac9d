import { z } from 'zod';
import { settingsDocument } from '../../domain/settings/contract.ts';
import { reasons } from '../../domain/states.ts';
import { textContract } from '../../domain/wording/text-contract.ts';
import { type ApiRoute, jsonObject } from '../../http/api-description.ts';
import { seenAnswers } from '../../store/shops/proof.ts';
import { previewContract, seenContract, setupContract, setupSteps, testRequest, viewContract } from './contract.ts';

const { guid: _guid, guidLast4: _guidLast4, newAccount: _newAccount, ...settings } = settingsDocument.shape;
/** The whole document, the GUID masked. */
const settingsAnswer = z.strictObject({ ...settings, guid: z.null(), guidLast4: z.string().nullable() });
export type SettingsAnswer = z.output<typeof settingsAnswer>;

/**
 * The merchant's progress with the setup guide: which steps are done, and whether they hid it.
 * `partsHidden`: they hid the card about the app's other parts.
 */
const setup = z.object({ done: z.array(z.enum(setupSteps)), dismissed: z.boolean(), partsHidden: z.boolean() });
export type Setup = z.infer<typeof setup>;

/** The views of the activity that are saved for everybody in the shop, oldest first. */
const views = z.array(z.object({ id: z.uuid(), name: z.string(), filter: z.record(z.string(), z.string()) }));

/** `GET /api/shop`. Null: not known yet. Every runtime knows the `timeZone`. */
const shopAnswer = z.object({
  domain: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  country: z.string().nullable(),
  timeZone: z.string(),
  developmentStore: z.boolean(),
  setup,
  views,
});
export type ShopAnswer = z.infer<typeof shopAnswer>;

/**
 * What would happen to an event. `payload` null: nothing is sent, or it has to be read first.
 * `state` waiting: it would be sent.
 */
const preview = z.object({
  payload: jsonObject.nullable(),
  fields: z.array(z.object({ key: z.string(), from: z.string().nullable(), reason: z.string(), text: textContract })),
  state: z.enum(['waiting', 'accepted', 'merged', 'skipped', 'attention']),
  reason: z.enum(reasons).nullable(),
  message: z.string(),
  text: textContract,
});
export type Preview = z.infer<typeof preview>;

/** `status` null: no answer arrived. `ms`: how long it took. */
const testRecord = z.object({
  outcome: z.enum(['accepted', 'rejected', 'connection_problem', 'unreachable']),
  at: z.iso.datetime(),
  status: z.int().nullable(),
  ms: z.int(),
  message: z.string(),
  text: textContract,
});

export type TestRecordAnswer = z.infer<typeof testRecord>;

/** One changed setting. Values as JSON text, a GUID as its last 4 characters; null: none. */
const change = z.object({
  at: z.iso.datetime(),
  /** The Shopify user's id. */
  who: z.string(),
  field: z.string(),
  oldValue: z.string().nullable(),
  newValue: z.string().nullable(),
});
const settingChanges = z.object({
  items: z.array(change),
  /** The caller's own id. */
  you: z.string(),
});
export type SettingChanges = z.infer<typeof settingChanges>;

export const settingsApi: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/settings',
    does: 'Gives the settings; the GUID is masked.',
    answer: { json: settingsAnswer },
  },
  {
    method: 'put',
    path: '/settings',
    does: 'Replaces the whole document; what is left out takes its default.',
    body: settingsDocument,
    answer: { json: settingsAnswer },
    refusals: [422],
  },
  {
    method: 'delete',
    path: '/settings/guid',
    does: 'Disconnects: sending stops, events wait.',
    answer: { json: settingsAnswer },
    refusals: [422],
  },
  {
    method: 'get',
    path: '/settings/changes',
    does: 'Says who changed which setting, newest first; you: the caller’s own id.',
    answer: { json: settingChanges },
  },
  {
    method: 'post',
    path: '/test-record',
    does: 'Sends one clearly marked test contact now.',
    body: testRequest,
    answer: { json: testRecord },
    refusals: [422],
  },
  {
    method: 'put',
    path: '/seen',
    does: 'Keeps whether the merchant found in Ascent360 what it accepted.',
    body: seenContract,
    answer: { json: z.object({ answer: z.enum(seenAnswers), at: z.iso.datetime() }) },
    refusals: [409, 422],
  },
  {
    method: 'post',
    path: '/preview',
    does: 'Says what an event would send with unsaved settings; sends nothing.',
    body: previewContract,
    answer: { json: preview },
    refusals: [422],
  },
  {
    method: 'get',
    path: '/shop',
    does: 'Gives what every page needs to know of the shop, and how far the first steps are.',
    answer: { json: shopAnswer },
  },
  {
    method: 'put',
    path: '/setup',
    does: 'Saves how far the first steps are.',
    body: setupContract,
    answer: { json: shopAnswer },
    refusals: [422],
  },
  {
    method: 'put',
    path: '/views/:id',
    does: 'Saves a view of the activity for everybody in the shop, or changes it. The caller makes up its UUID.',
    body: viewContract,
    answer: { json: shopAnswer },
    refusals: [404, 409, 422],
  },
  {
    method: 'delete',
    path: '/views/:id',
    does: 'Deletes a saved view, if there is one.',
    answer: { json: shopAnswer },
    refusals: [404, 422],
  },
];
