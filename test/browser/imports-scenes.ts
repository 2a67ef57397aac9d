import type { Page } from 'playwright-core';
import type { Import } from '../../app/imports/import-types.ts';
import { importAnswer } from '../../server/domain/imports.ts';
import type { Scene } from './shoot.ts';

const counted: Import = {
  id: '01a20c17-d9a0-7045-b876-cfa84638b8f5',
  kind: 'customers',
  from: null,
  state: 'counted',
  message: '',
  text: null,
  createdAt: '2026-11-23T16:00:00.000Z',
  startedAt: null,
  pausedAt: null,
  endedAt: null,
  done: 0,
  total: 12_480,
  rate: null,
  secondsLeft: null,
  which: 'all',
  waits: [],
  outdated: false,
  byAnswer: null,
  counts: {
    records: 12_480,
    contacts: 11_702,
    skipped: { no_contact: 611, nothing_new: 167 },
    flags: { EmailPermission: { true: 0, false: 2304 }, SMSPermission: { true: 12, false: 88 } },
    lists: 6120,
    smsOptInTexts: 12,
    accepted: 0,
    merged: 0,
    waiting: 0,
    attention: 0,
  },
};
const started = '2026-11-23T16:10:00.000Z';
const PAUSED_AT = '2026-11-23T16:15:00.000Z';
const during = {
  startedAt: started,
  done: 4160,
  counts: {
    ...counted.counts,
    accepted: 3902,
    waiting: 40,
    skipped: { no_contact: 203, nothing_new: 55 },
    flags: { EmailPermission: { true: 0, false: 768 }, SMSPermission: { true: 4, false: 29 } },
    lists: 2040,
    smsOptInTexts: 4,
  },
};

const retrying: Import = {
  ...counted,
  startedAt: started,
  state: 'running',
  done: 12_477,
  rate: null,
  counts: { ...counted.counts, accepted: 11_699, waiting: 3 },
  waits: [
    {
      reason: 'retrying',
      count: 3,
      message: 'Not shown',
      text: {
        code: 'wait.retrying',
        params: { count: 3, nextAt: '2026-11-23T16:35:00.000Z' },
        next: { code: 'detail.http', params: { status: '503' } },
      },
    },
  ],
};

/** What each action makes of an import. The API itself is tested in test/features/imports. */
const after: Record<string, Import> = {
  start: { ...counted, ...during, state: 'running', rate: 41.6, secondsLeft: 200 },
  pause: { ...counted, ...during, state: 'paused', pausedAt: PAUSED_AT },
  resume: { ...counted, ...during, state: 'running', rate: 41.6, secondsLeft: 200 },
  cancel: { ...counted, ...during, state: 'cancelled', endedAt: '2026-11-23T16:20:00.000Z' },
};

type State = 'counting' | 'counted' | 'running' | 'paused' | 'failed' | 'waiting' | 'outdated' | 'cancelled';

/**
 * Answers for the import routes as the server would give them, so that each state stays, about an
 * import in each of these. @returns the calls made
 */
export async function standInImports(page: Page, ...states: State[]): Promise<string[]> {
  const asked: string[] = [];
  const firsts: Record<State, Import> = {
    counting: { ...counted, state: 'counting' },
    counted,
    outdated: { ...counted, outdated: true },
    running: { ...counted, ...during, state: 'running', rate: 41.6, secondsLeft: 200 },
    waiting: retrying,
    paused: { ...counted, ...during, state: 'paused', pausedAt: PAUSED_AT },
    cancelled: { ...counted, ...during, state: 'cancelled', endedAt: '2026-11-23T16:20:00.000Z' },
    failed: {
      ...counted,
      state: 'failed',
      endedAt: '2026-11-23T16:05:00.000Z',
      message: 'Not shown',
      text: { code: 'import.refused' },
    },
  };
  let all = states.map((state, n) => importAnswer.parse({ ...firsts[state], id: `${n}${counted.id.slice(1)}` }));
  await page.route('**/api/imports**', async (route) => {
    const request = route.request();
    const [, id, action] = new URL(request.url()).pathname.split('/').slice(2);
    const one = all.find((job) => job.id === id);
    if (request.method() === 'GET') await route.fulfill({ json: id ? one : { items: all } });
    else {
      asked.push(action ?? 'create');
      const now = importAnswer.parse(action ? { ...(after[action] ?? one), id } : counted);
      all = action ? all.map((job) => (job.id === id ? now : job)) : [now];
      await route.fulfill({ status: action ? 200 : 201, json: now });
    }
  });
  return asked;
}

const route = `/imports/${counted.id}`;
const standing = (state: State) => async (page: Page) => void (await standInImports(page, state));
const settled = async (page: Page) => await page.getByRole('heading', { name: /^What (would be|was) sent$/ }).waitFor();

export const importsScenes: Scene[] = [
  {
    name: 'imports',
    route: '/imports',
    history: true,
    act: async (page) => await page.getByRole('list', { name: 'Imports' }).waitFor(),
  },
  {
    name: 'imports-empty',
    route: '/imports',
    act: async (page) => await page.getByText('No imports yet').waitFor(),
  },
  { name: 'import-counted', route, before: standing('counted'), full: true, act: settled },
  { name: 'import-running', route, before: standing('running'), act: settled },
  { name: 'import-waiting', route, before: standing('waiting'), act: settled },
  {
    name: 'import-failed',
    route,
    before: standing('failed'),
    act: async (page) => await page.getByText('Nothing was sent.').waitFor(),
  },
  { name: 'import-cancelled', route, before: standing('cancelled'), act: settled },
  { name: 'import-outdated', route, before: standing('outdated'), act: settled },
  {
    name: 'import-counting',
    route,
    before: standing('counting'),
    act: async (page) => await page.getByRole('button', { name: 'Cancel import' }).waitFor(),
  },
  {
    name: 'import-start',
    route,
    before: standing('counted'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'imports-segment',
    route: '/imports',
    history: true,
    act: async (page) => {
      await page.getByText('Customers in a segment only').click();
      await page.getByRole('button', { name: 'Count first' }).click();
      await page.getByText(/^Enter the segment’s number/).waitFor();
    },
  },
  {
    name: 'privacy',
    route: '/privacy',
    history: true,
    full: true,
    act: async (page) => {
      await page.getByText('Email to Ascent360').first().click();
      await page.getByRole('button', { name: 'Copy the email' }).first().waitFor();
    },
  },
  {
    name: 'privacy-empty',
    route: '/privacy',
    act: async (page) => await page.getByText('No requests').waitFor(),
  },
];
