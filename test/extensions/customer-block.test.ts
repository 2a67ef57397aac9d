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
const delivery = (topic: string, state: string, reason: string | null = null, at = '2026-11-20T10:00:00Z') => ({
  kind: 'delivery',
  at,
  topic,
  state,
  reason,
});

function person(over: object = {}) {
  return {
    id: ID,
    customerId: '7063',
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

/** The block on the page of customer 7063; `answers` adds to finding the person. */
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
  it('shows that it is loading, then what Ascent360 accepted and when', async () => {
    await show({ [ONE]: { body: person() } });
    expect(find('s-spinner')).not.toBeNull();
    await expect.poll(text).toContain('Accepted by Ascent360, ');
    expect(text()).toContain('Accepted by Ascent360, 2026-11-20Customer details');
    expect(text().match(/2026-11-20/g)).toHaveLength(1);
    expect(text()).toContain(
      'Email: mia@example.comSubscribed since 2026-11-01Opt-in accepted by Ascent360, 2026-11-02',
    );
    expect(text()).toContain('SMS: no addressNo choiceNo permission accepted by Ascent360');
    expect(find('s-badge')?.getAttribute('tone')).toBe('success');
    expect(find('s-link')?.getAttribute('href')).toBe(`app:people/${ID}`);
    expect(find('s-link:nth-of-type(2)')?.getAttribute('href')).toBe('app:people/consent?q=7063');
    expect(find('s-banner')).toBeNull();
  });

  it('asks by the customer’s id, and takes the person who is that customer', async () => {
    const { calls } = await show({ [ONE]: { body: person() } });
    await expect.poll(text).toContain('Accepted by Ascent360, ');
    expect(calls.map(({ path }) => path)).toEqual(['/api/people?q=7063', `/api/people/${ID}`]);
  });

  it('says when someone opted out, and that Ascent360 accepted that', async () => {
    const sms = {
      address: '+13035550142',
      state: 'unsubscribed',
      since: '2026-11-03',
      told: false,
      toldAt: '2026-11-04',
    };
    await show({ [ONE]: { body: person({ consent: { email: noChoice, sms } }) } });
    await expect
      .poll(text)
      .toContain('SMS: +13035550142Unsubscribed since 2026-11-03Opt-out accepted by Ascent360, 2026-11-04');
  });

  it.each([
    ['an event that waits', [delivery('orders/create', 'waiting', 'paused')], 'Waiting', 'info', ['sending is paused']],
    ['an event being sent', [delivery('orders/create', 'sending')], 'Waiting', 'info', ['Being sent']],
    ['an event being retried', [delivery('orders/create', 'retrying')], 'Waiting', 'info', ['retry automatically']],
    [
      'an event that needs attention, above all else',
      [delivery('orders/create', 'waiting', 'due'), delivery('customers/update', 'attention', 'rejected')],
      'Needs attention',
      'critical',
      ['Waiting to be sent.', 'rejected this record'],
    ],
    ['that nothing was accepted for as long as records are kept', [], 'Nothing accepted in 12 months', 'neutral', []],
    [
      'that events were only skipped',
      [delivery('customers/update', 'skipped', 'nothing_new')],
      'Nothing accepted in 12 months',
      'neutral',
      [],
    ],
    [
      'no more than that of what was rejected and then dismissed: it was sent',
      [delivery('customers/update', 'skipped', 'dismissed')],
      'Nothing accepted in 12 months',
      'neutral',
      [],
    ],
  ])('shows %s', async (_, timeline, word, tone, why) => {
    await show({ [ONE]: { body: person({ timeline }) } });
    await expect.poll(text).toContain(word);
    expect(find('s-badge')?.getAttribute('tone')).toBe(tone);
    expect(document.body.querySelectorAll('s-banner')).toHaveLength(why.length);
    for (const sentence of why) expect(text()).toContain(sentence);
  });

  it.each([
    ['is waiting', 'waiting', 'due', 'Waiting'],
    ['was rejected', 'attention', 'rejected', 'Needs attention'],
    ['was dismissed', 'skipped', 'dismissed', 'Accepted by Ascent360, 2026-11-18'],
  ])('says when Ascent360 accepted what was resent since and %s', async (_, state, reason, word) => {
    const resent = { ...delivery('orders/create', state, reason), acceptedAt: '2026-11-18T10:00:00Z' };
    await show({ [ONE]: { body: person({ timeline: [resent] }) } });
    await expect.poll(text).toContain(word);
    expect(text()).not.toContain('hasn’t accepted anything');
    expect(text().match(/2026-11-18/g)).toHaveLength(1);
  });

  it('says what holds up an event whose last attempt failed', async () => {
    const held = {
      ...delivery('orders/create', 'retrying'),
      text: { code: 'retry.retry', next: { code: 'state.paused' } },
    };
    await show({ [ONE]: { body: person({ timeline: [held] }) } });
    await expect.poll(text).toContain('sending is paused');
    expect(text()).not.toContain('retry automatically');
  });

  it('shows three of the open events, and how many more there are', async () => {
    const timeline = ['1', '2', '3', '4', '5'].map((n) =>
      delivery(
        'orders/create',
        'attention',
        n === '3' ? 'gave_up' : n === '4' ? 'invalid_payload' : 'rejected',
        `2026-11-0${n}`,
      ),
    );
    await show({ [ONE]: { body: person({ timeline }) } });
    await expect.poll(text).toContain('2 more');
    expect(text()).toContain('even after every retry');
    expect(text()).not.toContain('Ascent360’s format');
  });

  it('sends now once, however fast it is clicked twice, says so, and looks again until nothing is waiting', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const waiting = person({ timeline: [delivery('person/send', 'waiting', 'due')] });
    const accepted = person({ timeline: [delivery('person/send', 'accepted', null, '2026-11-24')] });
    const { calls } = await show({
      [ONE]: [{ body: person() }, { body: waiting }, { body: accepted }],
      [SEND]: { status: 202, body: { id: 'e' } },
    });
    await expect.poll(() => find('s-button')).not.toBeNull();
    click('s-button');
    click('s-button');
    await expect.poll(text).toContain('In line to be sent to Ascent360.');
    await vi.advanceTimersByTimeAsync(2000);
    await expect.poll(text).toContain('Waiting to be sent.');
    await vi.advanceTimersByTimeAsync(4000);
    await expect.poll(text).toContain('Accepted by Ascent360, 2026-11-24Sent manually');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls.filter(({ path }) => path === `/api/people/${ID}`)).toHaveLength(3);
    expect(calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('keeps showing the person after sending, though a look at them fails, and looks again', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const accepted = person({ timeline: [delivery('person/send', 'accepted', null, '2026-11-24')] });
    await show({
      [ONE]: [{ body: person() }, { status: 503 }, { body: accepted }],
      [SEND]: { status: 202, body: { id: 'e' } },
    });
    await expect.poll(() => find('s-button')).not.toBeNull();
    click('s-button');
    await expect.poll(text).toContain('In line to be sent to Ascent360.');
    await vi.advanceTimersByTimeAsync(2000);
    expect(text()).toContain('Email: mia@example.com');
    expect(text()).not.toContain('We can’t reach the app right now');
    await vi.advanceTimersByTimeAsync(4000);
    await expect.poll(text).toContain('Accepted by Ascent360, 2026-11-24Sent manually');
  });

  it('says why the person can’t be sent', async () => {
    await show({
      [ONE]: { body: person() },
      [SEND]: { status: 409, body: { errors: [{ message: 'Not shown', text: { code: 'state.no_contact' } }] } },
    });
    await expect.poll(() => find('s-button')).not.toBeNull();
    click('s-button');
    await expect.poll(text).toContain('There’s no email address or phone number to send.');
    expect(find('s-banner')?.getAttribute('tone')).toBe('critical');
  });

  it.each([['no answer' as const], [{ status: 503 }], [{ status: 429 }]])(
    'says that sending failed and can be retried: %j',
    async (answer) => {
      await show({ [ONE]: { body: person() }, [SEND]: answer });
      await expect.poll(() => find('s-button')).not.toBeNull();
      click('s-button');
      await expect.poll(text).toContain('That didn’t work. Try again in a moment.');
      expect(find('s-button')?.hasAttribute('disabled')).toBe(false);
    },
  );

  it.each([[FOUND], [ONE]])('doesn’t load for ever if %s is never answered', async (route) => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await show({ [ONE]: { body: person() }, [route]: 'silence' });
    await vi.advanceTimersByTimeAsync(19_000);
    expect(find('s-spinner')).not.toBeNull();
    await vi.advanceTimersByTimeAsync(1000);
    await expect.poll(text).toContain('We can’t reach the app right now');
    expect(find('s-spinner')).toBeNull();
  });

  it('has no button to send a deleted customer', async () => {
    await show({ [ONE]: { body: person({ deletedAt: '2026-11-10T00:00:00Z' }) } });
    await expect.poll(text).toContain('This customer was deleted');
    expect(find('s-button')).toBeNull();
  });

  it.each([
    ['no person is found', { [FOUND]: { body: { items: [] } } }],
    ['only other people are found', { [FOUND]: { body: { items: items.slice(0, 1) } } }],
    ['the person is gone by now', { [ONE]: { status: 404 } }],
  ])('says that nothing is known if %s', async (_, answers) => {
    await show(answers);
    await expect.poll(text).toContain('We don’t know this customer yet');
    expect(find('s-link')?.getAttribute('href')).toBe('app:imports');
    expect(find('s-button')).toBeNull();
  });

  it.each([
    ['finding', { [FOUND]: { status: 401 } }],
    ['reading', { [ONE]: { status: 403 } }],
  ])('says that this staff member has no access if %s is refused', async (_, answers) => {
    await show(answers);
    await expect.poll(text).toContain('You don’t have access to this app');
    expect(find('s-button')).toBeNull();
  });

  it.each<[string, Record<string, Answer>]>([
    ['the app doesn’t answer', { [FOUND]: 'no answer' }],
    ['the database is down', { [FOUND]: { status: 503 } }],
    ['reading fails', { [ONE]: { status: 500 } }],
  ])('says that the app can’t be reached if %s, and tries again', async (_, answers) => {
    const [[route, failing] = ['', 'no answer' as const]] = Object.entries(answers);
    const good = route === FOUND ? { body: { items } } : { body: person() };
    await show({ [ONE]: { body: person() }, [route]: [failing, good] });
    await expect.poll(text).toContain('We can’t reach the app right now');
    click('s-button');
    await expect.poll(text).toContain('Accepted by Ascent360, ');
  });
});
