import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import type { OverviewAnswer } from '../../server/features/overview/api.ts';
import { refusal } from '../../server/http/errors.ts';
import { SHOP } from '../fakes/connector.ts';
import { customer as customerOf, optedIn, optedOut } from '../features/imports/scene.ts';
import { eventRows, filterBy, takeOff } from './event-rows.ts';
import { accessibilityFaults, overflow } from './stage.ts';
import { inBrowser } from './stage-of-test.ts';
import { tabTo } from './tab-to.ts';

const GUID = randomUUID();
const customer = (id: number, email: string) => ({ id, email, first_name: 'Ann', updated_at: '2026-11-01T10:00:00Z' });

const bar = (page: Page) => page.locator('ui-save-bar');
const leaving = 'Leave page with unsaved changes?';
/** Follows a link and returns the question the person is asked; they stay. */
async function holdsBack(page: Page, link: string): Promise<string> {
  const asked = page.waitForEvent('dialog').then(async (dialog) => {
    await dialog.dismiss();
    return dialog.message();
  });
  await page.getByRole('link', { name: link }).click();
  return await asked;
}

const withTest = `Send a test record to owner@${SHOP}`;

inBrowser('connecting a new shop', (stage) => {
  const setting = async () => (await stage().connector.api('GET', '/settings')).body;

  it('takes a GUID, a test record and an answer about existing customers, and can be interrupted and continued', async () => {
    const { connector } = stage();
    await connector.send('customers/create', customer(1, 'ann@example.com'), { webhookId: 'first' });
    const page = await stage().open('/');
    await page.getByLabel('GUID of your data webhook').fill(`https://webhook.ascent360.com/V1/Data/${GUID}`);
    await page.getByLabel(withTest).uncheck();
    await page.getByRole('button', { name: 'Connect' }).click();

    await page.getByRole('heading', { name: '2. Provider and lists' }).waitFor();
    await page.getByText(`GUID saved. It ends in ${GUID.slice(-4)}.`).waitFor();
    const [waited] = await connector.ascent360.until(1);
    expect(waited?.body).toMatchObject({ Email: 'ann@example.com', SourceName: 'Shopify' });
    await page.getByLabel('Provider').selectOption('other');
    await page.getByLabel('Provider number').fill('12');
    await page.getByLabel('List IDs').fill('900, 901');
    await page.getByRole('button', { name: 'Save and continue' }).click();

    await page.getByText('See that it works.').waitFor();
    expect(await setting()).toMatchObject({ providerType: 12, listIds: ['900', '901'], guidLast4: GUID.slice(-4) });
    await page.getByRole('link', { name: 'I’ll do this later' }).click();
    await page.getByText('First steps: 2 of 5 done').waitFor();

    const later = await stage().open('/');
    await later.getByRole('link', { name: 'Continue' }).click();
    await later.getByLabel('Email address of the test record').fill('me@example.com');
    await later.getByLabel('Email address of the test record').press('Enter');
    await later.getByText('Accepted by Ascent360 at').waitFor();
    expect(connector.ascent360.received.at(-1)?.body).toMatchObject({ Email: 'me@example.com' });
    await later.getByRole('button', { name: 'Continue' }).click();

    await later.getByText('No, they’re new to Ascent360').click();
    await later.getByRole('button', { name: 'Save and continue' }).click();
    const ask = later.getByLabel('Email to your Ascent360 contact');
    await ask.waitFor();
    expect(await ask.inputValue()).toContain('set up the source "Shopify"');
    expect(await setting()).toMatchObject({ consent: { email: { history: 'all' }, sms: { history: 'optOuts' } } });
    await later.getByRole('button', { name: 'I’ve sent it' }).click();
    await later.getByRole('heading', { name: 'You’re all set' }).waitFor();
    const { guidLast4: _, ...saved } = (await setting()) as { guidLast4: string };
    await connector.api('PUT', '/settings', { ...saved, paused: true });
    await later.reload();
    await later.getByRole('heading', { name: 'You’ve finished the first steps' }).waitFor();
    await later.getByText('We keep events and send them once you resume').waitFor();
    await connector.api('PUT', '/settings', saved);
    await later.reload();
    await later.getByRole('heading', { name: 'You’re all set' }).waitFor();
    await later.getByRole('button', { name: 'Go to the overview' }).click();
    await later.getByText(`The GUID of your Ascent360 account ends in ${GUID.slice(-4)}.`).waitFor();
    expect(await later.getByText(/^First steps: /).count()).toBe(0);
    await later.getByRole('link', { name: 'Open the first steps' }).click();
    await later.getByRole('heading', { name: 'First steps', level: 1 }).waitFor();
  });
});

inBrowser('connecting with proof', (stage) => {
  const state = async (page: Page) => {
    await page.getByRole('heading', { name: 'What happened to your events' }).waitFor();
    return await page.locator('#app').textContent();
  };
  it('sends the test record with the GUID, and shows Ascent360’s answer and what to do', async () => {
    const { connector } = stage();
    const refused = randomUUID();
    connector.ascent360.behave(refused, { status: 404 });
    const page = await stage().open('/');
    await page.getByLabel('GUID of your data webhook').fill(refused);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByText('Ascent360 didn’t accept the test record.').waitFor();
    await page.getByText('Ask your Ascent360 contact about this answer.').waitFor();
    await page.getByRole('button', { name: 'Open: Connect to Ascent360' }).click();
    await page.getByLabel('GUID of your data webhook').fill(GUID);
    expect(await page.getByLabel(withTest).isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByText(/^Accepted by Ascent360 at \d+:\d\d/).waitFor();
    expect(connector.ascent360.received.at(-1)?.body).toMatchObject({
      Email: `owner@${SHOP}`,
      LastName: 'Test record',
    });
    const tested = page.getByText('Ascent360 accepted a test record.');
    await tested.waitFor();

    const overview = await stage().open('/');
    await overview.getByText(/^Last accepted: .* First accepted: /).waitFor();
    expect((await state(overview))?.match(/last accepted/gi)).toHaveLength(1);

    // Neither counts for another GUID, though it ends as the one before.
    await page.getByRole('button', { name: 'Open: Connect to Ascent360' }).click();
    await page.getByLabel('GUID of your data webhook').fill(`${randomUUID().slice(0, -4)}${GUID.slice(-4)}`);
    await bar(page).getByRole('button', { name: 'Save' }).click();
    await tested.waitFor({ state: 'detached' });
    expect(await page.getByText('Accepted by Ascent360 at').count()).toBe(0);
  });

  it('takes no late answer to a test record with one GUID for one to another', async () => {
    const { connector } = stage();
    await connector.api('DELETE', '/settings/guid');
    const page = await stage().open('/setup');
    const { promise: replaced, resolve: goOn } = Promise.withResolvers<void>();
    await page.route('**/api/test-record', async (route) => {
      await replaced;
      await route.continue();
    });
    const guid = page.getByLabel('GUID of your data webhook');
    const asked = page.waitForRequest('**/api/test-record');
    await guid.fill(GUID);
    await page.getByRole('button', { name: 'Connect' }).click();
    await asked;
    await page.getByRole('button', { name: 'Open: Connect to Ascent360' }).click();
    const other = randomUUID();
    await guid.fill(other);
    await bar(page).getByRole('button', { name: 'Save' }).click();
    await page.getByText(`GUID saved. It ends in ${other.slice(-4)}.`).waitFor();
    const answered = page.waitForResponse('**/api/test-record');
    goOn();
    expect(await (await answered).json()).toMatchObject({ outcome: 'accepted' });
    await page.getByRole('button', { name: 'Open: Send a test record' }).click();
    await page.getByRole('button', { name: 'Send test record' }).waitFor();
    expect(await page.getByText(/^Accepted by Ascent360 at|^Ascent360 accepted a test record/).count()).toBe(0);
    expect((await connector.api('GET', '/shop')).body).toMatchObject({ setup: { done: ['connect'] } });
  });

  it('sends none if it was unticked, and then claims only a saved GUID', async () => {
    const { connector } = stage();
    await connector.api('DELETE', '/settings/guid');
    const before = connector.ascent360.received.length;
    const page = await stage().open('/');
    await page.getByLabel('GUID of your data webhook').fill(randomUUID());
    await page.getByLabel(withTest).uncheck();
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByRole('heading', { name: '2. Provider and lists' }).waitFor();
    expect(await page.getByText('Accepted by Ascent360 at').count()).toBe(0);
    const overview = await stage().open('/');
    await overview.getByText('GUID saved, nothing accepted yet').waitFor();
    await overview.getByText(/^Saved on .+\d:\d\d.*\.$/).waitFor();
    expect(await state(overview)).not.toContain('Connected');
    expect(connector.ascent360.received.length).toBe(before);
  });

  it('stays as it was asked while answers are late, and leads nobody away from another page', async () => {
    const { connector } = stage();
    await connector.api('DELETE', '/settings/guid');
    let asked = 0;
    const page = await stage().open('/', {
      // Shopify says the store's address only later.
      before: async (page) => {
        await page.route('**/api/shop', async (route) => {
          const answer = Object(await (await route.fetch()).json());
          await route.fulfill({ json: asked++ === 0 ? { ...answer, email: null } : answer });
        });
      },
    });
    const guid = page.getByLabel('GUID of your data webhook');
    const to = page.getByLabel('Send a test record to');
    await to.fill('no@address');
    await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
    await expect.poll(() => asked).toBeGreaterThan(1);
    await guid.fill('no GUID');
    await to.press('Enter');
    expect(await guid.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(await to.inputValue()).toBe('no@address');

    const { promise: elsewhere, resolve: goOn } = Promise.withResolvers<void>();
    await page.route('**/api/test-record', async (route) => {
      await elsewhere;
      await route.continue();
    });
    await guid.fill(GUID);
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.locator('#stand-in-toast').getByText('GUID saved').waitFor();
    await bar(page).waitFor({ state: 'hidden' });
    expect(await guid.inputValue()).toBe(GUID);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
    const places = async () => await page.evaluate(() => window.history.length);
    const before = await places();
    const answered = page.waitForResponse('**/api/test-record');
    goOn();
    await answered;
    await page.getByRole('link', { name: 'First steps' }).click();
    await page.getByText('The GUID is saved, but we couldn’t send the test record').waitFor();
    expect(await places()).toBe(before + 1);
  });

  it('asks once, a day later, whether it can be seen in Ascent360, and shows the answer', async () => {
    const { connector } = stage();
    await connector.connect();
    await connector.api('POST', '/test-record', { email: 'owner@example.com' });
    await connector.db.query(`UPDATE settings SET proven_since = proven_since - interval '25 hours'`);
    const page = await stage().open('/');
    await page.getByRole('button', { name: 'No, it isn’t there' }).click();
    await page.getByText(/^On .* you didn’t find it in Ascent360\.$/).waitFor();
    await page.getByText('Ask your contact there').waitFor();
    await page.reload();
    await page.getByText(/^On .* you didn’t find it in Ascent360\.$/).waitFor();
    expect(await page.getByText('Do you see it in Ascent360?').count()).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('says how old its figures are if the app can’t be reached, and claims nothing about sending', async () => {
    const page = await stage().open('/');
    await page.getByText(/^Last accepted: /).waitFor();
    await page.route('**/api/**', (call) => call.abort());
    await page.getByText(/^What you see is from .*\. We don’t know what has been received or sent since\.$/).waitFor();
    expect(await page.getByText('Connected', { exact: true }).count()).toBe(0);
    expect(await state(page)).not.toMatch(/sending continues|we send|nothing is lost/i);
  });
});

inBrowser('existing customers', (stage) => {
  it('are counted for each answer before one is saved, and nothing is sent', async () => {
    const { connector } = stage();
    await connector.connect();
    await connector.api('PUT', '/setup', { done: ['connect', 'lists', 'test'], dismissed: false });
    const shop = connector.admin.shop(SHOP);
    shop.bulk.polls = 0;
    for (let n = 0; n < 7; n++) shop.setCustomer(customerOf(n, n < 4 ? optedIn : n < 6 ? optedOut : {}));
    // Only some customers: not a count of all.
    const { id } = (await connector.api('POST', '/imports', { kind: 'customers', customerIds: ['1'] })).body as {
      id: string;
    };
    await expect
      .poll(async () => (await connector.api('GET', `/imports/${id}`)).body)
      .toMatchObject({ state: 'counted' });
    const before = connector.ascent360.received.length;
    const page = await stage().open('/setup');
    await page.getByRole('button', { name: 'Count customers first' }).click();
    const table = page.getByRole('table', { name: 'What importing all customers would send' });
    await table.waitFor({ timeout: 60_000 });
    const row = async (name: string) =>
      await table
        .getByRole('row', { name: new RegExp(`^${name} `) })
        .getByRole('cell')
        .allTextContents();
    expect(await row('Contacts')).toEqual(['7', '7']);
    expect(await row('Email opt-ins')).toEqual(['0', '4']);
    expect(await row('Email opt-outs')).toEqual(['2', '2']);
    const { body } = await connector.api('GET', '/settings');
    expect(body).toMatchObject({ consent: { email: { history: 'optOuts' } } });
    await page.getByText('No, they’re new to Ascent360').click();
    await table.getByRole('columnheader', { name: 'No your answer' }).waitFor();
    await page.getByText('I don’t know', { exact: true }).click();
    await table.getByRole('columnheader', { name: 'Yes, or I don’t know your answer' }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 900 });
    expect(await overflow(page)).toBe(0);
    expect(connector.ascent360.received.length).toBe(before);

    await page.getByText('No, they’re new to Ascent360').click();
    await page.getByRole('button', { name: 'Save and continue' }).click();
    await page.getByLabel('Email to your Ascent360 contact').waitFor();
    const counted = ((await connector.api('GET', '/imports')).body as { items: object[] }).items[0];
    expect(counted).toMatchObject({ counts: { flags: { EmailPermission: { true: 4, false: 2 } } }, outdated: false });
  });

  it('that can’t be counted say why', async () => {
    await stage().connector.api('PUT', '/setup', { done: ['connect', 'lists', 'test'], dismissed: false });
    const page = await stage().open('/setup');
    await page.route('**/api/imports', (call) =>
      call.request().method() === 'POST'
        ? call.fulfill({ status: 409, json: refusal('other_import') })
        : call.fallback(),
    );
    await page.getByRole('button', { name: 'Count again' }).click();
    await page.getByText('Another import of this kind is in progress.').waitFor();
    const { items } = (await stage().connector.api('GET', '/imports')).body as { items: object[] };
    await page.route('**/api/imports', (call) =>
      call.fulfill({ json: { items: [{ ...items[0], state: 'counting', text: { code: 'import.no_access' } }] } }),
    );
    await page.reload();
    await page.getByText('Waiting because the app can’t read your store right now.').waitFor();
  });
});

inBrowser('a wrong GUID', (stage) => {
  it('or another address is refused before anything is saved, with the reason', async () => {
    const page = await stage().open('/');
    for (const [pasted, why] of [
      [`https://webhook.ascent360.com/V1/Trigger/${GUID}`, 'opening it emails a whole audience'],
      [`https://example.com/V1/Data/${GUID}`, 'We only send to webhook.ascent360.com'],
      ['1234', 'That isn’t a GUID'],
    ] as const) {
      await page.getByLabel('GUID of your data webhook').fill(pasted);
      await page.getByRole('button', { name: 'Connect' }).click();
      await page.getByText(why).waitFor();
      expect((await stage().connector.api('GET', '/settings')).body, pasted).toMatchObject({ guidLast4: null });
    }
  });

  it('unknown to Ascent360 stops the shop, and a correct one sends what was waiting', async () => {
    const { connector } = stage();
    const [wrong, right] = [randomUUID(), randomUUID()];
    connector.ascent360.behave(wrong, { status: 404 });
    await connector.api('PUT', '/settings', { guid: wrong });
    await connector.send('customers/create', customer(2, 'bea@example.com'), { webhookId: 'stopped' });
    const page = await stage().open('/');
    await page.getByText('Connection problem').waitFor();
    await page.getByRole('link', { name: 'Check the connection' }).click();
    const todo = page.getByText('Ask your Ascent360 contact what’s wrong. If it’s the GUID, save the right one');
    await todo.waitFor();
    await page.getByLabel('New GUID').fill(right);
    await page.locator('ui-save-bar').getByRole('button', { name: 'Save' }).click();
    await page.getByText(`GUID saved. It ends in ${right.slice(-4)}.`).waitFor();
    await todo.waitFor({ state: 'detached' });
    await connector.settled();
    expect((await connector.event('stopped'))?.state).toBe('accepted');
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByText(`The GUID of your Ascent360 account ends in ${right.slice(-4)}.`).waitFor();
  });
});

inBrowser(
  'the overview of a shop with a month of history',
  (stage) => {
    it('shows figures that add up, and each opens exactly the events it counts', async () => {
      const page = await stage().open('/');
      const names = ['Received', 'Accepted', 'Merged', 'Skipped', 'Waiting', 'Needs attention'];
      const figure = (name: string) => page.getByRole('link', { name: new RegExp(`^${name}: `) });
      for (const period of ['24 hours', '7 days', '30 days']) {
        await page.getByRole('button', { name: period }).click();
        const counts: number[] = [];
        for (const name of names) {
          const count = (await figure(name).textContent()) ?? '';
          counts.push(Number(count.replaceAll(',', '')));
          const { search } = new URL((await figure(name).getAttribute('href')) ?? '', page.url());
          const { body } = await stage().connector.api('GET', `/activity${search}`);
          expect.soft((body as { total: number }).total, `${name} in ${period}`).toBe(counts.at(-1));
        }
        const [received = 0, ...parts] = counts;
        expect(received).toBeGreaterThan(0);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(received);
      }
      const skipped = Number((await figure('Skipped').textContent())?.replaceAll(',', ''));
      await figure('Skipped').click();
      await page.getByText(`${skipped} events`).first().waitFor();
    });

    it('leads to a list that shows its source and period, and both can be removed', async () => {
      const page = await stage().open('/');
      await page.getByRole('link', { name: /^Skipped: / }).click();
      await page.getByRole('button', { name: 'Counted on the overview', exact: true }).waitFor();
      await takeOff(page, /^From .* to /);
      await page.waitForURL((url) => !url.searchParams.has('from') && !url.searchParams.has('to'));
      await filterBy(page, 'Skipped', 'Accepted');
      await page.waitForURL(({ searchParams }) => searchParams.get('state') === 'accepted,skipped');
      await takeOff(page, 'Counted on the overview');
      await page.waitForURL((url) => !url.searchParams.has('source') && url.searchParams.has('state'));
    });

    it('leads from what needs attention to exactly those events', async () => {
      const page = await stage().open('/');
      const line = page.getByText(/^We couldn’t read \d+ messages? from Shopify\./);
      const count = Number(/\d+/.exec((await line.textContent()) ?? '')?.[0]);
      await page.locator('a[href*="reason=unreadable"]').click();
      await eventRows(page).first().waitFor();
      expect(await eventRows(page).count()).toBe(count);
      await page.getByText(`${count} event`).first().waitFor();
      await takeOff(page, 'Unreadable');
      await page.waitForURL((url) => !url.searchParams.has('reason'));
    });

    it('says the same in its chart and its table, and never claims that anything was loaded', async () => {
      const page = await stage().open('/');
      await page.getByRole('button', { name: 'Show numbers' }).click();
      const rows = page.getByRole('table').getByRole('row');
      await rows.nth(14).waitFor();
      const received = (await rows.locator('td:first-of-type').allTextContents()).map(Number);
      const sum = received.reduce((total, day) => total + day, 0);
      await page.getByRole('img', { name: new RegExp(`^${sum} events from `) }).waitFor();
      const text = (await page.locator('main, #app').first().textContent()) ?? '';
      const { body } = await stage().connector.api('GET', '/overview');
      const { daily, queries } = body as OverviewAnswer;
      for (const [index, day] of daily.entries()) {
        for (const name of ['received', 'accepted', 'skipped'] as const) {
          const { body } = await stage().connector.api('GET', `/activity?${queries.daily[index]?.[name]}`);
          expect.soft((body as { total: number }).total, `${name} on ${day.date}`).toBe(day[name]);
        }
      }
      expect(text).not.toMatch(/\bdelivered\b|\bloaded\b/i);
    });

    it('is accessible', async () => {
      const page = await stage().open('/');
      await page.getByRole('button', { name: 'Show numbers' }).click();
      await page.getByRole('columnheader', { name: 'Merged' }).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.setViewportSize({ width: 320, height: 900 });
      await expect.poll(async () => await overflow(page)).toBe(0);
    });

    it('shows dates in the merchant’s format and the shop’s time zone', async () => {
      const page = await stage().open('/', { locale: 'en-GB' });
      await page.getByText('Last 14 days').waitFor();
      expect(await page.locator('svg text').allTextContents()).toContainEqual(expect.stringMatching(/^\d+ \p{L}+$/u));
    });
  },
  { history: true },
);

inBrowser('the first steps', (stage) => {
  it('work without a mouse', async () => {
    const page = await stage().open('/');
    await page.getByLabel('GUID of your data webhook').waitFor();
    await tabTo(page, 'GUID of your data webhook');
    await page.keyboard.type(GUID);
    await tabTo(page, withTest);
    await page.keyboard.press('Space');
    await tabTo(page, 'Connect');
    // The overview may learn of it before the form has heard everything.
    const overview = page.waitForResponse('**/api/overview');
    await page.route('**/api/shop', async (route) => {
      await (await overview).finished();
      await route.continue();
    });
    await page.keyboard.press('Enter');
    await page.getByLabel('Provider').waitFor();
    await page.unroute('**/api/shop');
    await tabTo(page, 'Save and continue');
    await page.keyboard.press('Enter');
    await page.getByText('See that it works.').waitFor();
    await tabTo(page, 'Email address of the test record');
    await page.keyboard.type('me@example.com');
    await page.keyboard.press('Enter');
    await page.getByText('Accepted by Ascent360 at').waitFor();
    await tabTo(page, 'Continue');
    await page.keyboard.press('Space');
    await tabTo(page, 'Yes, or most of them');
    await page.keyboard.press('Space');
    await tabTo(page, 'Save and continue');
    await page.keyboard.press('Enter');
    await tabTo(page, 'I’ve sent it');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'You’re all set' }).waitFor();
    await tabTo(page, 'Go to the overview');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  });

  it('are accessible', async () => {
    await stage().connector.api('PUT', '/setup', { done: [], dismissed: false });
    const page = await stage().open('/setup', { width: 320 });
    for (const step of ['1', '2', '3', '4', '5']) {
      const open = page.getByRole('button', { name: /^Open: / });
      await page.getByRole('heading', { name: new RegExp(`^${step}\\.`) }).waitFor();
      if (step !== '2') await open.nth(Number(step) - 1 - (Number(step) > 2 ? 1 : 0)).click();
      expect(await accessibilityFaults(page), `step ${step}`).toEqual([]);
      expect(await overflow(page), `step ${step}`).toBe(0);
    }
  });
});

inBrowser('steps', (stage) => {
  it('that were skipped stay skipped after visiting another page and coming back', async () => {
    await stage().connector.connect();
    await stage().connector.api('PUT', '/setup', { done: ['connect', 'lists'], dismissed: false });
    const page = await stage().open('/setup');
    await page.getByRole('button', { name: 'Skip this step' }).click();
    await page.getByText('Yes, or most of them').waitFor();
    await page.getByRole('link', { name: 'I’ll do this later' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    await page.goBack();
    await page.getByText('Yes, or most of them').waitFor();
  });
});

inBrowser('a GUID pasted on the overview', (stage) => {
  it('asks before the person leaves without saving', async () => {
    const page = await stage().open('/');
    await page.getByLabel('GUID of your data webhook').fill(GUID);
    expect(await holdsBack(page, 'Activity')).toBe(leaving);
    expect(await page.getByLabel('GUID of your data webhook').inputValue()).toBe(GUID);
    await bar(page).getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'First steps', level: 1 }).waitFor();
    await page.getByText(`GUID saved. It ends in ${GUID.slice(-4)}.`).waitFor();
  });

  it('after a disconnect may be of another Ascent360 account, and the person is asked', async () => {
    const { connector } = stage();
    await connector.connect();
    await connector.api('DELETE', '/settings/guid');
    const page = await stage().open('/');
    await page.getByLabel('GUID of your data webhook').fill(randomUUID());
    await page.getByLabel('It belongs to another Ascent360 account').check();
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByRole('heading', { name: 'First steps', level: 1 }).waitFor();
    const { items } = (await connector.api('GET', '/settings/changes')).body as { items: { field: string }[] };
    expect(items.slice(0, 2).map(({ field }) => field)).toContain('account');
  });
});

inBrowser('unsaved answers of the first steps', (stage) => {
  const open = (page: Page, step: string) => page.getByRole('button', { name: `Open: ${step}` }).click();

  it('stay while other steps are opened, ask before the person leaves, and are saved or discarded together', async () => {
    const { connector } = stage();
    await connector.connect();
    await connector.api('PUT', '/setup', { done: [], dismissed: false });
    const page = await stage().open('/setup');
    await page.getByLabel('Provider').selectOption('other');
    await page.getByLabel('Provider number').fill('12');
    await page.getByLabel('List IDs').fill('900, 901,');
    await open(page, 'Send a test record');
    await page.getByLabel('Email address of the test record').fill('me@example.com');
    await open(page, 'Existing customers');
    await page.getByText('No, they’re new to Ascent360').click();
    await open(page, 'Provider and lists');
    expect(await page.getByLabel('Provider number').inputValue()).toBe('12');
    await page.getByText('901', { exact: true }).waitFor();
    await open(page, 'Send a test record');
    expect(await page.getByLabel('Email address of the test record').inputValue()).toBe('me@example.com');
    expect(await holdsBack(page, 'I’ll do this later')).toBe(leaving);

    await bar(page).getByRole('button', { name: 'Save' }).click();
    await bar(page).waitFor({ state: 'hidden' });
    await page.getByText('Provider 12, lists 900, 901.').waitFor();
    await page.getByText('From earlier choices, we send email opt-ins and all opt-outs.').waitFor();
    expect(await page.getByLabel('Email address of the test record').inputValue()).toBe('me@example.com');
    const settings = (await connector.api('GET', '/settings')).body;
    expect(settings).toMatchObject({
      providerType: 12,
      listIds: ['900', '901'],
      consent: { email: { history: 'all' } },
    });
    expect((await connector.api('GET', '/shop')).body).toMatchObject({ setup: { done: ['lists', 'history'] } });

    await open(page, 'Existing customers');
    await page.getByText('Yes, or most of them').click();
    await bar(page).getByRole('button', { name: 'Discard' }).click();
    expect(await page.getByRole('radio', { name: 'No, they’re new to Ascent360' }).isChecked()).toBe(true);
    await page.getByRole('link', { name: 'I’ll do this later' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  });

  it('leave what they don’t ask about as somebody else saves it meanwhile, and stand for no other settings', async () => {
    const { connector } = stage();
    await connector.api('PUT', '/setup', { done: ['lists', 'test'], dismissed: false });
    const page = await stage().open('/setup');
    await page.getByText('Yes, or most of them').click();
    const before = Object((await connector.api('GET', '/settings')).body);
    const email = { ...before.consent.email, optInLevel: 'confirmed' };
    await connector.api('PUT', '/settings', { ...before, consent: { ...before.consent, email } });
    await page.getByRole('button', { name: 'Save and continue' }).click();
    await page.getByText('From earlier choices, we send opt-outs only.').waitFor();
    expect((await connector.api('GET', '/settings')).body).toMatchObject({
      consent: { email: { history: 'optOuts', optInLevel: 'confirmed' } },
    });
    const { consent, ...rest } = before;
    const none = { ...consent, email: { ...email, history: 'none' } };
    await connector.api('PUT', '/settings', { ...rest, consent: none, listsFor: 'everyone' });
    await page.reload();
    await page.getByText('You decided what to do with earlier choices.').waitFor();
    await open(page, 'Existing customers');
    await page.getByRole('radio', { name: 'Yes, or most of them' }).waitFor();
    expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);
    await open(page, 'Provider and lists');
    await page.getByText('once for each person, but never for people who unsubscribed').waitFor();
  });

  it('open the step with the reason next to the field, until that is changed, if the server refuses them', async () => {
    const page = await stage().open('/setup');
    await open(page, 'Provider and lists');
    await page.getByLabel('Provider number').fill('0');
    await open(page, 'Ask your Ascent360 contact');
    await bar(page).getByRole('button', { name: 'Save' }).click();
    await page.getByLabel('Provider number').waitFor();
    const why = page.getByText('a whole number above 0');
    await why.waitFor();
    await page.getByLabel('Provider number').fill('12');
    await why.waitFor({ state: 'detached' });
  });
});

inBrowser('a server in trouble', (stage) => {
  let page: Page;
  beforeAll(async () => {
    await stage().connector.connect();
    page = await stage().open('/people', { stays: true });
    await page.getByRole('heading', { name: 'Customers', level: 1 }).waitFor();
  });

  it('is asked once more, then the page says so, with a way to try again', async () => {
    let asked = 0;
    await page.route('**/api/overview', (call) => {
      asked++;
      return call.fulfill({ status: 500, json: refusal('our_fault') });
    });
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    expect(asked).toBe(2);
    await page.unroute('**/api/overview');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The GUID of your Ascent360 account').waitFor();
  });

  it('that doesn’t answer at all keeps what was typed, and nothing claims that it wasn’t saved', async () => {
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Source name').fill('Typed while the net was gone');
    await page.route('**/api/settings', (call) => call.abort());
    await page.locator('ui-save-bar').getByRole('button', { name: 'Save' }).click();
    await page.locator('#stand-in-toast').getByText('We couldn’t reach the app').waitFor();
    await page.getByText('Check your internet connection').waitFor();
    expect(await page.getByText('This couldn’t be saved').count()).toBe(0);
    expect(await page.getByLabel('Source name').inputValue()).toBe('Typed while the net was gone');
    await page.unroute('**/api/settings');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Settings saved').waitFor();
  });

  it('whose token expires while settings are edited loses none of them', async () => {
    await page.getByLabel('Source name').fill('Typed with an old token');
    let refused = 0;
    await page.route('**/api/settings', async (call) => {
      if (call.request().method() !== 'PUT' || refused++ > 0) return await call.fallback();
      const headers = { 'X-Shopify-Retry-Invalid-Session-Request': '1' };
      return await call.fulfill({ status: 401, headers, json: { errors: [] } });
    });
    await page.locator('ui-save-bar').getByRole('button', { name: 'Save' }).click();
    await page.locator('ui-save-bar').waitFor({ state: 'hidden' });
    expect((await stage().connector.api('GET', '/settings')).body).toMatchObject({
      sourceName: 'Typed with an old token',
    });
  });
});
