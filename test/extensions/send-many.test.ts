import { setUpExtension } from '@shopify/ui-extensions-tester';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Answer, answering, close, extensionFolder, speak } from '../fakes/extension-host.ts';

const ID = '019aa5f0-0000-7000-8000-000000000009';
const BEGIN = 'POST /api/imports';
const READ = `GET /api/imports/${ID}`;
const START = `POST /api/imports/${ID}/start`;
const CANCEL = `POST /api/imports/${ID}/cancel`;

const none = { true: 0, false: 0 };
const counts = (over: object = {}) => ({
  records: 3,
  contacts: 3,
  skipped: {},
  flags: { EmailPermission: none, SMSPermission: none },
  lists: 0,
  smsOptInTexts: 0,
  ...over,
});
const one = (state: string, over: object = {}, code = '') => ({
  body: { id: ID, state, message: 'Not shown', text: code ? { code } : null, counts: counts(over) },
});
const began = { status: 201, ...one('counting') };

const targets = {
  selection: 'admin.customer-index.selection-action.render',
  segment: 'admin.customer-segment-details.action.render',
} as const;
type Opened = {
  extension: { [Symbol.dispose](): void };
  calls: ReturnType<typeof answering>['calls'];
  closed: () => number;
};

let opened: Opened | null = null;
beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => {
  if (opened) close(opened.extension);
  opened = null;
  vi.useRealTimers();
});

/** The action for the selected customers; `answers` of the app's API. */
async function open(
  answers: Record<string, Answer | Answer[]>,
  over: 'selection' | 'segment' = 'selection',
  ids = ['gid://shopify/Customer/7', 'gid://shopify/Customer/706405506930370084'],
): Promise<Opened> {
  const extension = setUpExtension(targets[over], { configSearchDir: extensionFolder('send-many') });
  const { fetch, calls } = answering(answers);
  let closed = 0;
  extension.fetch = fetch;
  Object.assign(extension.shopify, { data: { selected: ids.map((id) => ({ id })) }, close: () => closed++ });
  speak(extension.shopify.i18n, 'send-many');
  await extension.render();
  opened = { extension, calls, closed: () => closed };
  return opened;
}

const text = () => document.body.textContent;
const button = (slot: 'primary-action' | 'secondary-actions') => document.body.querySelector(`s-button[slot=${slot}]`);
const click = (slot: 'primary-action' | 'secondary-actions') =>
  button(slot)?.dispatchEvent(new Event('click', { bubbles: true }));
const look = async () => await vi.advanceTimersByTimeAsync(1500);

describe('sending many customers', () => {
  it('counts the selected customers, shows what would be sent, and sends only when confirmed', async () => {
    const { calls } = await open({
      [BEGIN]: began,
      [READ]: [one('counting'), one('counted')],
      [START]: one('running'),
    });
    await expect.poll(text).toContain('Counting what would be sent. Nothing is sent yet.');
    expect(button('primary-action')).toBeNull();
    await look();
    await look();
    await expect.poll(text).toContain('3 customers would be sent');
    expect(calls).toEqual([
      {
        method: 'POST',
        path: '/api/imports',
        body: {
          kind: 'customers',
          customerIds: ['gid://shopify/Customer/7', 'gid://shopify/Customer/706405506930370084'],
        },
      },
      { method: 'GET', path: `/api/imports/${ID}`, body: null },
      { method: 'GET', path: `/api/imports/${ID}`, body: null },
    ]);
    click('primary-action');
    await expect.poll(text).toContain('The import has started');
    expect(document.body.querySelector('s-link')?.getAttribute('href')).toBe(`app:imports/${ID}`);
    expect(button('primary-action')).toBeNull();
  });

  it('sends the customers in a segment', async () => {
    const { calls } = await open({ [BEGIN]: { status: 201, ...one('counted') } }, 'segment', [
      'gid://shopify/Segment/5',
    ]);
    await expect.poll(text).toContain('3 customers would be sent');
    expect(calls[0]?.body).toEqual({ kind: 'customers', segmentId: 'gid://shopify/Segment/5' });
  });

  it('shows flags, lists, what is left out and why, and warns of what it may trigger', async () => {
    const over = {
      contacts: 1,
      skipped: { nothing_new: 4, no_contact: 1, expired: 2 },
      flags: { EmailPermission: { true: 2, false: 1 }, SMSPermission: { true: 3, false: 0 } },
      lists: 2,
      smsOptInTexts: 3,
    };
    await open({ [BEGIN]: { status: 201, ...one('counted', over) } });
    await expect.poll(text).toContain('1 customer would be sent');
    for (const line of [
      'Email opt-ins: 2',
      'Email opt-outs: 1',
      'SMS opt-ins: 3',
      'With provider and lists: 2',
      'Ascent360 already accepted this: 4',
      'No email or phone: 1',
      'Other reasons: 2',
      'Ascent360 may send automatic emails',
      'may send 3 confirmation texts that you pay for',
    ]) {
      expect(text()).toContain(line);
    }
    expect(text()).not.toContain('SMS opt-outs');
  });

  it('sends nothing if there is nobody to send', async () => {
    await open({ [BEGIN]: { status: 201, ...one('counted', { contacts: 0, skipped: { nothing_new: 3 } }) } });
    await expect.poll(text).toContain('0 customers would be sent');
    expect(button('primary-action')?.hasAttribute('disabled')).toBe(true);
    expect(text()).not.toContain('automatic emails');
  });

  it.each([
    ['while it is counting', [began, one('counting')]],
    ['when it has counted', [{ status: 201, ...one('counted') }, one('counted')]],
  ])('discards the count if it is cancelled %s', async (_, [begin, read]) => {
    const { calls, closed } = await open({
      [BEGIN]: begin ?? began,
      [READ]: read ?? began,
      [CANCEL]: one('cancelled'),
    });
    await expect.poll(text).toMatch(/Counting|would be sent/);
    await expect.poll(() => calls.length).toBeGreaterThan(0);
    await look();
    click('secondary-actions');
    await expect.poll(closed).toBe(1);
    expect(calls.filter(({ path }) => path.endsWith('/cancel'))).toHaveLength(1);
  });

  it('closes even if the app doesn’t answer to that', async () => {
    const { closed } = await open({ [BEGIN]: { status: 201, ...one('counted') }, [CANCEL]: 'no answer' });
    await expect.poll(text).toContain('3 customers would be sent');
    click('secondary-actions');
    await expect.poll(closed).toBe(1);
  });

  it('leaves a started import alone when closed', async () => {
    const { calls, closed } = await open({ [BEGIN]: { status: 201, ...one('counted') }, [START]: one('running') });
    await expect.poll(text).toContain('3 customers would be sent');
    click('primary-action');
    await expect.poll(text).toContain('The import has started');
    click('secondary-actions');
    await expect.poll(closed).toBe(1);
    expect(calls.some(({ path }) => path.endsWith('/cancel'))).toBe(false);
  });

  it.each([
    ['another import is under way', 409, 'refusal.other_import', 'Another import is in progress.'],
    ['there are too many', 422, 'fault.ids_long', 'Send a segment instead.'],
    ['the app can’t accept this', 422, 'fault.json', 'select the customers again'],
  ])('says so if %s', async (_, status, code, sentence) => {
    await open({ [BEGIN]: { status, body: { errors: [{ message: 'Not shown', text: { code } }] } } });
    await expect.poll(text).toContain(sentence);
    expect(button('primary-action')).toBeNull();
  });

  it('says why the count ended', async () => {
    await open({ [BEGIN]: began, [READ]: one('failed', {}, 'import.no_segment') });
    await expect.poll(text).toContain('Counting');
    await look();
    await expect.poll(text).toContain('Shopify couldn’t read this segment.');
  });

  it.each([
    ['import.no_access', 'The app can’t read your store right now'],
    ['import.later', 'Shopify isn’t answering as it should'],
  ])('says what holds up the count, and until when: %s', async (code, sentence) => {
    await open({ [BEGIN]: began, [READ]: [one('counting', {}, code), one('counting'), one('counted')] });
    await expect.poll(text).toContain('Counting');
    await look();
    await expect.poll(text).toContain(sentence);
    await look();
    await expect.poll(text).not.toContain(sentence);
    expect(text()).toContain('Counting');
    await look();
    await expect.poll(text).toContain('3 customers would be sent');
  });

  it('can be canceled while it counts: a loading action takes no clicks', async () => {
    await open({ [BEGIN]: began, [READ]: one('counting') });
    await expect.poll(text).toContain('Counting');
    await look();
    expect(document.body.querySelector('s-admin-action')?.hasAttribute('loading')).toBe(false);
    expect(document.body.querySelector('s-spinner')).not.toBeNull();
  });

  it('leads to the import that is in progress instead', async () => {
    await open({ [BEGIN]: { status: 409, body: { errors: [{ text: { code: 'refusal.other_import' } }] } } });
    await expect.poll(text).toContain('Another import is in progress.');
    expect(document.body.querySelector('s-link')?.getAttribute('href')).toBe('app:imports');
  });

  it('doesn’t claim that nothing was sent if it was started elsewhere meanwhile', async () => {
    const refused = { status: 409, body: { errors: [{ text: { code: 'refusal.import_state' } }] } };
    await open({ [BEGIN]: { status: 201, ...one('counted') }, [START]: refused });
    await expect.poll(text).toContain('3 customers would be sent');
    click('primary-action');
    await expect.poll(text).toContain('started or canceled elsewhere');
    expect(text()).not.toContain('Nothing was sent');
    expect(document.body.querySelector('s-link')?.getAttribute('href')).toBe(`app:imports/${ID}`);
  });

  it('says that it has started if that happened elsewhere between two looks', async () => {
    await open({ [BEGIN]: began, [READ]: one('running') });
    await expect.poll(text).toContain('Counting');
    await look();
    await expect.poll(text).toContain('The import has started');
  });

  it.each(['failed', 'cancelled'])('says where to see why, if the count %s', async (state) => {
    await open({ [BEGIN]: began, [READ]: one(state, {}, 'import.refused') });
    await expect.poll(text).toContain('Counting');
    await look();
    await expect.poll(text).toContain('Nothing was sent. See the import’s page for why.');
    expect(document.body.querySelector('s-link')?.getAttribute('href')).toBe(`app:imports/${ID}`);
  });

  it('says that this staff member has no access', async () => {
    await open({ [BEGIN]: { status: 401 } });
    await expect.poll(text).toContain('You don’t have access to this app');
    expect(button('primary-action')).toBeNull();
  });

  it.each<[string, Answer]>([
    ['does not answer', 'no answer'],
    ['has trouble', { status: 503 }],
  ])('tries again if the app %s', async (_, failing) => {
    await open({ [BEGIN]: [failing, { status: 201, ...one('counted') }] });
    await expect.poll(text).toContain('We can’t reach the app right now. Nothing was sent.');
    click('primary-action');
    await expect.poll(text).toContain('3 customers would be sent');
  });

  it('continues counting through a short failure, and gives up after a long one', async () => {
    await open({ [BEGIN]: began, [READ]: ['no answer', { status: 503 }, one('counting'), 'no answer'] });
    await expect.poll(text).toContain('Counting');
    for (let looks = 0; looks < 5; looks++) await look();
    expect(text()).toContain('Counting');
    for (let looks = 0; looks < 3; looks++) await look();
    await expect.poll(text).toContain('We can’t reach the app');
  });

  it('continues counting after a look that is never answered', async () => {
    await open({ [BEGIN]: began, [READ]: ['silence', one('counted')] });
    await look();
    await vi.advanceTimersByTimeAsync(20_000);
    await look();
    await expect.poll(text).toContain('3 customers would be sent');
  });

  it('counts and starts once, however fast it is clicked twice', async () => {
    const refused = { status: 409, body: { errors: [{ text: { code: 'refusal.import_state' } }] } };
    const { calls } = await open({
      [BEGIN]: ['no answer', { status: 201, ...one('counted') }],
      [START]: [one('running'), refused],
    });
    await expect.poll(text).toContain('We can’t reach the app');
    click('primary-action');
    click('primary-action');
    await expect.poll(text).toContain('3 customers would be sent');
    click('primary-action');
    click('primary-action');
    await expect.poll(text).toContain('The import has started');
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([BEGIN, BEGIN, START]);
  });

  it('doesn’t claim that nothing was sent if the answer to starting is lost', async () => {
    await open({ [BEGIN]: { status: 201, ...one('counted') }, [START]: 'no answer' });
    await expect.poll(text).toContain('3 customers would be sent');
    click('primary-action');
    await expect.poll(text).toContain('See the import’s page');
    expect(text()).not.toContain('Nothing was sent');
    expect(document.body.querySelector('s-link')?.getAttribute('href')).toBe(`app:imports/${ID}`);
  });
});
