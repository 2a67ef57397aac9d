import { setUpExtension } from '@shopify/ui-extensions-tester';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Answer, answering, close, extensionFolder, speak } from '../fakes/extension-host.ts';

const ID = '019aa5f0-0000-7000-8000-000000000007';
const FOUND = 'GET /api/people?q=7063';
const ONE = `GET /api/people/${ID}`;
const SEND = `POST /api/people/${ID}/send`;
const items = [
  { id: 'another', customerId: '70630' },
  { id: ID, customerId: '7063' },
];

const noChoice = { address: null, state: null, since: null, told: null, toldAt: null };
const delivery = (topic: string, state: string, text = '', at = '2026-11-20T10:00:00Z') => ({
  kind: 'delivery',
  at,
  text,
  topic,
  state,
});

function person(over: object = {}) {
  return {
    id: ID,
    deletedAt: null,
    consent: {
      email: {
        address: 'mia@example.com',
        state: 'subscribed',
        since: '2026-11-01T09:00:00Z',
        told: true,
        toldAt: '2026-11-02T09:00:00Z',
      },
      sms: noChoice,
    },
    timeline: [delivery('customers/update', 'accepted')],
    ...over,
  };
}

/** The block on the page of customer 7063; `answers` besides finding the person. */
async function open(answers: Record<string, Answer | Answer[]>) {
  const extension = setUpExtension('admin.customer-details.block.render', {
    configSearchDir: extensionFolder('customer-block'),
  });
  const { fetch, calls } = answering({ [FOUND]: { body: { items } }, ...answers });
  extension.fetch = fetch;
  extension.shopify.data = { selected: [{ id: 'gid://shopify/Customer/7063' }] };
  speak(extension.shopify.i18n, 'customer-block');
  await extension.render();
  return { extension, calls };
}

const text = () => document.body.textContent;
const find = (selector: string) => document.body.querySelector(selector);
const click = (selector: string) => find(selector)?.dispatchEvent(new Event('click', { bubbles: true }));

let opened: Awaited<ReturnType<typeof open>> | null = null;
async function show(answers: Record<string, Answer | Answer[]>) {
  opened = await open(answers);
  return opened;
}
afterEach(() => {
  if (opened) close(opened.extension);
  opened = null;
  vi.useRealTimers();
});

describe('the customer block', () => {
  it('shows that it asks, then what Ascent360 was told and when', async () => {
    await show({ [ONE]: { body: person() } });
    expect(find('s-spinner')).not.toBeNull();
    await expect.poll(text).toContain('Up to date');
    expect(text()).toContain("Last accepted by Ascent360: the customer's details, 2026-11-20");
    expect(text()).toContain('E-mail: mia@example.comOpted in since 2026-11-01Ascent360 was told yes, 2026-11-02');
    expect(text()).toContain('SMS: no addressNo choiceAscent360 was told nothing');
    expect(find('s-badge')?.getAttribute('tone')).toBe('success');
    expect(find('s-link')?.getAttribute('href')).toBe(`app:people/${ID}`);
    expect(find('s-banner')).toBeNull();
  });

  it('asks by the customer’s id and takes the person who is that customer', async () => {
    const { calls } = await show({ [ONE]: { body: person() } });
    await expect.poll(text).toContain('Up to date');
    expect(calls.map(({ path }) => path)).toEqual(['/api/people?q=7063', `/api/people/${ID}`]);
  });

  it('says when somebody opted out, and that Ascent360 was told so', async () => {
    const sms = {
      address: '+13035550142',
      state: 'unsubscribed',
      since: '2026-11-03',
      told: false,
      toldAt: '2026-11-04',
    };
    await show({ [ONE]: { body: person({ consent: { email: noChoice, sms } }) } });
    await expect.poll(text).toContain('SMS: +13035550142Opted out since 2026-11-03Ascent360 was told no, 2026-11-04');
  });

  it.each([
    ['waits', [delivery('orders/create', 'waiting', 'Waits because sending is paused.')], 'Waiting', 'info'],
    ['is being sent', [delivery('orders/create', 'sending', 'Is being sent.')], 'Waiting', 'info'],
    ['is tried again', [delivery('orders/create', 'retrying', 'Tried again.')], 'Waiting', 'info'],
    [
      'needs attention, before all else',
      [delivery('orders/create', 'waiting', 'Waits.'), delivery('customers/update', 'attention', 'Refused.')],
      'Needs attention',
      'critical',
    ],
    ['has not begun', [], 'Nothing sent yet', 'neutral'],
    ['was only skipped', [delivery('customers/update', 'skipped', 'Nothing new.')], 'Nothing sent yet', 'neutral'],
  ])('shows what %s', async (_, timeline, word, tone) => {
    await show({ [ONE]: { body: person({ timeline }) } });
    await expect.poll(text).toContain(word);
    expect(find('s-badge')?.getAttribute('tone')).toBe(tone);
    const open = timeline.filter(({ state }) => state !== 'skipped');
    expect(document.body.querySelectorAll('s-banner')).toHaveLength(open.length);
    for (const entry of open) expect(text()).toContain(entry.text);
  });

  it('shows three of what is open, and how many more there are', async () => {
    const timeline = ['1', '2', '3', '4', '5'].map((n) =>
      delivery('orders/create', 'attention', `Refused ${n}.`, `2026-11-0${n}`),
    );
    await show({ [ONE]: { body: person({ timeline }) } });
    await expect.poll(text).toContain('2 more like these');
    expect(text()).toContain('Refused 3.');
    expect(text()).not.toContain('Refused 4.');
  });

  it('sends now, says so, and looks again until nothing waits', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const waiting = person({ timeline: [delivery('person/send', 'waiting', 'Next in line.')] });
    const accepted = person({ timeline: [delivery('person/send', 'accepted', '', '2026-11-24')] });
    const { calls } = await show({
      [ONE]: [{ body: person() }, { body: waiting }, { body: accepted }],
      [SEND]: { status: 202, body: { id: 'e' } },
    });
    await expect.poll(() => find('s-button')).not.toBeNull();
    click('s-button');
    await expect.poll(text).toContain('On its way to Ascent360.');
    await vi.advanceTimersByTimeAsync(2000);
    await expect.poll(text).toContain('Next in line.');
    await vi.advanceTimersByTimeAsync(4000);
    await expect.poll(text).toContain('sent by hand, 2026-11-24');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls.filter(({ path }) => path === `/api/people/${ID}`)).toHaveLength(3);
    expect(calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('says why it cannot be sent, in the app’s words', async () => {
    const message = 'No e-mail address and no phone number is known.';
    await show({ [ONE]: { body: person() }, [SEND]: { status: 409, body: { errors: [{ message }] } } });
    await expect.poll(() => find('s-button')).not.toBeNull();
    click('s-button');
    await expect.poll(text).toContain(message);
    expect(find('s-banner')?.getAttribute('tone')).toBe('critical');
  });

  it.each([['no answer' as const], [{ status: 503 }], [{ status: 429 }]])(
    'says that sending failed and can be tried again: %j',
    async (answer) => {
      await show({ [ONE]: { body: person() }, [SEND]: answer });
      await expect.poll(() => find('s-button')).not.toBeNull();
      click('s-button');
      await expect.poll(text).toContain('That did not work. Try again in a moment.');
      expect(find('s-button')?.hasAttribute('disabled')).toBe(false);
    },
  );

  it('offers no sending for a deleted customer', async () => {
    await show({ [ONE]: { body: person({ deletedAt: '2026-11-10T00:00:00Z' }) } });
    await expect.poll(text).toContain('The customer was deleted');
    expect(find('s-button')).toBeNull();
  });

  it.each([
    ['no person is found', { [FOUND]: { body: { items: [] } } }],
    ['only other people are found', { [FOUND]: { body: { items: items.slice(0, 1) } } }],
    ['the person is gone by now', { [ONE]: { status: 404 } }],
  ])('says that nothing is known when %s', async (_, answers) => {
    await show(answers);
    await expect.poll(text).toContain('Nothing about this customer has reached the app yet');
    expect(find('s-link')?.getAttribute('href')).toBe('app:imports');
    expect(find('s-button')).toBeNull();
  });

  it.each([
    ['finding', { [FOUND]: { status: 401 } }],
    ['reading', { [ONE]: { status: 403 } }],
  ])('says that this staff member has no access, when %s is refused', async (_, answers) => {
    await show(answers);
    await expect.poll(text).toContain('You have no access to this app');
    expect(find('s-button')).toBeNull();
  });

  it.each<[string, Record<string, Answer>]>([
    ['the app does not answer', { [FOUND]: 'no answer' }],
    ['the database is away', { [FOUND]: { status: 503 } }],
    ['reading fails', { [ONE]: { status: 500 } }],
  ])('says that the app cannot be reached when %s, and tries again', async (_, answers) => {
    const [[route, failing] = ['', 'no answer' as const]] = Object.entries(answers);
    const good = route === FOUND ? { body: { items } } : { body: person() };
    await show({ [ONE]: { body: person() }, [route]: [failing, good] });
    await expect.poll(text).toContain('The app cannot be reached at the moment');
    click('s-button');
    await expect.poll(text).toContain('Up to date');
  });
});
