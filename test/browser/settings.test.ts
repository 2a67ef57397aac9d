import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ShopAnswer } from '../../server/features/settings/api.ts';
import { refusal } from '../../server/http/errors.ts';
import { expectFit, inBrowser } from './stage-of-test.ts';

const saveButton = (page: Page) => page.locator('ui-save-bar').getByRole('button', { name: 'Save' });

inBrowser('the settings', (stage) => {
  beforeAll(async () => {
    await stage().connector.connect({ sourceName: 'Alpine', providerType: 3, listIds: ['1'] });
    for (const [id, email] of [
      [4, 'noa@example.com'],
      [5, 'mia@example.com'],
    ] as const) {
      const at = '2026-11-01T10:00:00Z';
      const order = { id, name: `#100${id}`, email, updated_at: at, created_at: at };
      await stage().connector.deliver('orders/create', order);
    }
  });

  const saved = async () => (await stage().connector.api('GET', '/settings')).body;
  async function open(): Promise<Page> {
    const page = await stage().open('/settings');
    await page.getByLabel('Source name').waitFor();
    return page;
  }

  it('are saved together, and every change is in the history', async () => {
    const page = await open();
    await page.getByLabel('Source name').fill('Alpine Shop');
    await page.getByLabel('List IDs').fill('2, 3');
    await page.getByLabel('List IDs').blur();
    await page.getByRole('button', { name: 'Remove 1', exact: true }).click();
    await page.getByLabel('Send test orders').check();
    await page.getByLabel('Choices from before').first().selectOption('all');
    await page.getByLabel('Date of birth').selectOption('metafield');
    await page.getByLabel('Date of birth: metafield').fill('facts.birth_date');
    await page.getByRole('button', { name: 'Add a source: Interests' }).click();
    await page.getByLabel('Interests 1: how the tag starts').fill('interest:');
    await page.getByLabel('Phone permission').check();
    await page.getByLabel('Tag for yes').fill('phone-ok');
    await page.getByLabel('Tag for no').fill('phone-stop');
    await saveButton(page).click();
    await page.getByText('Settings saved').waitFor();
    expect(await saved()).toMatchObject({
      sourceName: 'Alpine Shop',
      providerType: 3,
      listIds: ['2', '3'],
      send: { testOrders: true },
      consent: { email: { history: 'all' }, sms: { history: 'optOuts' } },
      mapping: {
        dateOfBirth: { from: 'metafield', key: 'facts.birth_date' },
        interests: [{ from: 'tag', prefix: 'interest:' }],
        phonePermission: { optIn: 'phone-ok', optOut: 'phone-stop' },
      },
    });
    await page.getByText('Alpine → Alpine Shop').waitFor();
    await page.getByText('1 → 2, 3').waitFor();
    await page.locator('ui-save-bar').waitFor({ state: 'hidden' });
  });

  it('open at the section that a link names, for the eye and the keyboard; Back leads there again', async () => {
    const page = await stage().open('/settings#consent');
    const isThere = async () =>
      await page.evaluate(() => {
        const section = document.getElementById('consent');
        const isInView = Math.abs(section?.getBoundingClientRect().top ?? 1000) < 50;
        return isInView && section === document.activeElement;
      });
    await page.getByLabel('Source name').waitFor();
    await expect.poll(isThere).toBe(true);
    await page.getByRole('link', { name: 'Customers' }).click();
    await page.getByRole('heading', { name: 'Customers', level: 1 }).waitFor();
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
    await page.goBack();
    await page.getByLabel('Source name').waitFor();
    await expect.poll(isThere).toBe(true);
  });

  it('take list IDs however they are pasted: in lines, in a row, as code, after what was typed', async () => {
    const page = await open();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const field = page.getByLabel('List IDs');
    const remove = page.locator('#lists').getByRole('button', { name: /^Remove / });
    for (const pasted of [
      '901\r\n902\r\n903\r\n',
      '901\t902\t903',
      '["901", "902","903"]',
      '"901","902","903"',
      '[901, 902, 903]',
      '901；902、903',
      '902\n 903 ',
    ]) {
      while ((await remove.count()) > 0) await remove.first().click();
      await page.evaluate(async (text) => await navigator.clipboard.writeText(text), pasted);
      if (!pasted.includes('901')) await field.fill('901');
      await field.press('ControlOrMeta+v');
      await field.press('Enter');
      const names = await remove.evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label')));
      expect.soft(names, pasted).toEqual(['Remove 901', 'Remove 902', 'Remove 903']);
      expect.soft(await field.inputValue(), pasted).toBe('');
    }
    await page.locator('ui-save-bar').getByRole('button', { name: 'Discard' }).click();
  });

  it('take a text with a comma in it if it is in quotation marks, as they say', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Add a source: Newsletters' }).click();
    await page.getByLabel('Newsletters 1', { exact: true }).selectOption('text');
    const field = page.getByLabel('Newsletters 1: texts');
    await page.getByText('If a text contains a comma, put it in quotation marks.').waitFor();
    const remove = page.locator('#mapping').getByRole('button', { name: /^Remove .*(Snow|Ski)/ });
    for (const typed of ['Ski, "Snow, daily"', '“Snow, daily” ,Ski', '«\u00a0Snow, daily\u00a0»; Ski']) {
      await field.pressSequentially(typed);
      await field.press('Enter');
      const names = await remove.evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label')));
      expect.soft(names.toSorted(), typed).toEqual(['Remove Ski', 'Remove Snow, daily']);
      while ((await remove.count()) > 0) await remove.first().click();
    }
    await page.locator('ui-save-bar').getByRole('button', { name: 'Discard' }).click();
  });

  it.each([
    ['in Chrome and Firefox', { isComposing: true }],
    ['in Safari, which says so only in the old way', { keyCode: 229 }],
  ])('leave an Enter alone that ends what is composed, as when Japanese is typed: %s', async (_, how) => {
    const page = await open();
    const field = page.getByLabel('List IDs');
    await field.fill('スキー');
    await field.evaluate((input, more) => {
      const enter = { key: 'Enter', bubbles: true, cancelable: true };
      input.dispatchEvent(new KeyboardEvent('keydown', { ...enter, ...more }));
    }, how);
    expect(await field.inputValue()).toBe('スキー');
    await field.press('Enter');
    await expect.poll(async () => await field.inputValue()).toBe('');
    await page.locator('ui-save-bar').getByRole('button', { name: 'Discard' }).click();
  });

  it('offer XML to accounts that Ascent360 has set up for it', async () => {
    const page = await open();
    await page.getByText('Choose XML only if Ascent360 has set up your account to read XML.').waitFor();
    await page.getByLabel('Data format').selectOption('xml');
    await saveButton(page).click();
    await page.getByText('JSON → XML').waitFor();
    expect(await saved()).toMatchObject({ format: 'xml' });
  });

  it('say what is wrong next to the field until that is changed, and save nothing', async () => {
    const before = await saved();
    const page = await open();
    await page
      .getByLabel('New GUID')
      .fill('https://webhook.ascent360.com/V1/Trigger/5f0c2a44-7d1e-4b7a-9a57-3c1d8e2f6b90');
    await page.getByLabel('Source type').fill('');
    await saveButton(page).click();
    await page.getByText('Check 2 fields').waitFor();
    const described = async (label: string) =>
      await page.getByLabel(label).evaluate((field) =>
        (field.getAttribute('aria-describedby') ?? '')
          .split(' ')
          .map((id) => document.getElementById(id)?.textContent)
          .join(' '),
      );
    expect(await described('New GUID')).toContain('don’t open it: opening it emails a whole audience');
    expect(await described('Source type')).toContain('Enter 1 to 100 characters');
    expect(await page.getByLabel('Source type').getAttribute('aria-invalid')).toBe('true');
    expect(await saved()).toEqual(before);
    // What was refused isn't there any more.
    await page.getByLabel('New GUID').fill(`5f0c2a44-7d1e-4b7a-9a57-3c1d8e2f6b90`);
    await page.getByText('Check 1 field', { exact: true }).waitFor();
    expect(await described('New GUID')).not.toContain('don’t open it');
  });

  describe('when not saved', () => {
    it('ask before the person goes to another page, and stay', async () => {
      const page = await open();
      await page.getByLabel('Source name').fill('Not saved');
      const asked = new Promise<string>((resolve) => {
        page.once('dialog', (dialog) => {
          resolve(dialog.message());
          void dialog.dismiss();
        });
      });
      await page.getByRole('link', { name: 'Activity' }).click();
      expect(await asked).toContain('unsaved changes');
      expect(new URL(page.url()).pathname).toBe('/settings');
      expect(await page.getByLabel('Source name').inputValue()).toBe('Not saved');
      page.once('dialog', (dialog) => void dialog.accept());
      await page.getByRole('link', { name: 'Activity' }).click();
      await page.waitForURL('**/activity?**');
    });

    it('ask before the browser goes back, and stay where they were scrolled', async () => {
      const page = await stage().open('/activity');
      await page.getByRole('link', { name: 'Settings' }).click();
      const name = page.getByLabel('Source name');
      await name.waitFor();
      await name.fill('Not saved');
      const dialogs: string[] = [];
      let answer: 'accept' | 'dismiss' = 'dismiss';
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog[answer]();
      });
      // `page.goBack` would wait for a page that doesn't come.
      const goBack = async () => await page.evaluate(() => window.history.back());
      for (const before of [0, 1]) {
        const left = await page.evaluate(() => {
          document.getElementById('changes')?.scrollIntoView();
          return window.scrollY;
        });
        expect(left).toBeGreaterThan(1_000);
        await goBack();
        await expect.poll(() => dialogs.length).toBe(before + 1);
        const found = await page.evaluate(async () => {
          await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
          return window.scrollY;
        });
        // The browser adds what still loads above.
        expect(found).toBeGreaterThanOrEqual(left);
        expect(new URL(page.url()).pathname).toBe('/settings');
        expect(await name.inputValue()).toBe('Not saved');
      }
      answer = 'accept';
      await goBack();
      await page.waitForURL('**/activity?**');
      await page.getByRole('heading', { name: 'Activity', level: 1 }).waitFor();
      expect(dialogs).toEqual(Array(3).fill('Leave page with unsaved changes?'));
      await page.goForward();
      await name.waitFor();
      expect(await name.inputValue()).not.toBe('Not saved');
    });

    it('stay if typed while others are being saved, and can be discarded, a provider’s number too, which may begin as a named provider’s', async () => {
      const page = await open();
      const before = Object(await saved());
      const { promise: typed, resolve: goOn } = Promise.withResolvers<void>();
      await page.route('**/api/settings', async (call) => {
        if (call.request().method() === 'PUT') await typed;
        await call.continue();
      });
      await page.getByLabel('Provider', { exact: true }).selectOption('other');
      await page.getByLabel('Provider number').pressSequentially('35');
      await saveButton(page).click();
      await page.getByLabel('Source name').fill('Not saved');
      goOn();
      await page.getByText('Settings saved').waitFor();
      expect(await saved()).toMatchObject({ providerType: 35, sourceName: before.sourceName });
      expect(await page.getByLabel('Source name').inputValue()).toBe('Not saved');

      await page.getByLabel('Provider number').fill('15');
      await page.locator('ui-save-bar').getByRole('button', { name: 'Discard' }).click();
      expect(await page.getByLabel('Source name').inputValue()).toBe(before.sourceName);
      expect(await page.getByLabel('Provider number').inputValue()).toBe('35');
      await page.locator('ui-save-bar').waitFor({ state: 'hidden' });

      await stage().connector.api('PUT', '/settings', { ...before, providerType: null, listIds: [] });
      await page.reload();
      await page.getByLabel('Provider', { exact: true }).selectOption('other');
      await page.getByLabel('Provider number').fill('15');
      await page.locator('ui-save-bar').getByRole('button', { name: 'Discard' }).click();
      await page.getByLabel('Provider number').waitFor({ state: 'detached' });
      await stage().connector.api('PUT', '/settings', before);
    });
  });

  it('say that saving failed wherever the page is scrolled, and count each field once', async () => {
    const page = await open();
    await page.route('**/api/settings', (call) =>
      call.request().method() === 'PUT'
        ? call.fulfill({
            status: 422,
            json: {
              errors: ['listIds.0', 'listIds.1'].map((field) => ({
                field,
                message: 'Remove it.',
                text: { code: 'fault.list_id_twice' },
              })),
            },
          })
        : call.fallback(),
    );
    await page.getByLabel('Source name').fill('Never saved');
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.locator('ui-save-bar').getByRole('button', { name: 'Save' }).click();
    await page.locator('#stand-in-toast').getByText('This couldn’t be saved').waitFor();
    await page.getByText('Check 1 field', { exact: true }).waitFor();
  });

  it('lead to the first steps again', async () => {
    const page = await open();
    await page.getByRole('link', { name: 'First steps' }).click();
    await page.waitForURL('**/setup?**');
  });

  it('show what a recent event would send with what is on the page', async () => {
    const page = await open();
    const payload = page.getByRole('region', { name: 'To Ascent360' });
    await payload.getByText('"Email": "mia@example.com"').waitFor();
    const { promise: read, resolve: goOn } = Promise.withResolvers<void>();
    const asked = page.waitForRequest('**/api/preview');
    await page.route('**/api/preview', async (call) => {
      await read;
      await call.continue();
    });
    const choices = page.getByLabel('Event', { exact: true });
    await choices.selectOption(await choices.getByText(/noa@example/).getAttribute('value'));
    expect((await asked).postData()).toContain('noa@example.com');
    expect(await payload.getByText('mia@example.com').count()).toBe(0);
    goOn();
    await payload.getByText('"Email": "noa@example.com"').waitFor();
    await page.getByLabel('Source name').fill('Seen before saving');
    await payload.getByText('"SourceName": "Seen before saving"').waitFor();
    await page.getByText('Would be sent').first().waitFor();
    await page.getByRole('button', { name: 'Why each field is sent' }).click();
    await page.getByRole('row', { name: /EmailPermission left out/ }).waitFor();
    await page.getByLabel('Send orders').uncheck();
    await page.getByText('Your settings turn this kind of event off.').first().waitFor();
    await page.getByLabel('Source name').fill('');
    await page.getByText('Fix the fields first').first().waitFor();
  });

  it('show it beside the fields it comes from, without scrolling, in the words that merchants know', async () => {
    const page = await stage().open('/settings', { width: 1280 });
    const beside = (section: string) => page.getByRole('region', { name: `Preview: ${section}` });
    const name = page.getByLabel('Source name');
    await beside('Source')
      .getByText(/^Alpine/)
      .waitFor();
    await name.fill('Seen beside');
    await beside('Source').getByText('Seen beside').waitFor();
    for (const [section, label] of [
      ['Source', 'Source name'],
      ['Provider and lists', 'List IDs'],
      ['What to send', 'Send orders'],
      ['Permissions', 'Choices from before'],
      ['More fields', 'Phone permission'],
    ] as const) {
      await page
        .getByLabel(label)
        .first()
        .evaluate((field) => field.scrollIntoView({ block: 'center' }));
      const [field, preview] = [
        await page.getByLabel(label).first().boundingBox(),
        await beside(section).boundingBox(),
      ];
      expect.soft((preview?.x ?? 0) + (preview?.width ?? Infinity), section).toBeLessThanOrEqual(field?.x ?? 0);
      expect.soft(preview?.y, section).toBeGreaterThanOrEqual(0);
      expect.soft((preview?.y ?? 0) + (preview?.height ?? Infinity), section).toBeLessThanOrEqual(900);
    }
    await beside('Permissions').getByText('EmailPermission').waitFor();
    // Every key it names is one that the server knows, with its reason.
    expect(await beside('More fields').getByText('left out', { exact: true }).count()).toBe(0);
    await page.getByLabel('Send orders').uncheck();
    await beside('What to send').getByText('Your settings turn this kind of event off.').waitFor();
    await beside('Source').getByText('Your settings turn this kind of event off.').waitFor();
    expect(await page.getByText(/orders\/create/).count()).toBe(0);
    await page.getByRole('button', { name: 'Choose another event for the preview: Source' }).click();
    await expect
      .poll(async () => await page.evaluate(() => document.activeElement?.getAttribute('id')))
      .toBe('preview-event');
    // On a phone it stands below its fields.
    await page.setViewportSize({ width: 360, height: 900 });
    const [field, preview] = [await name.boundingBox(), await beside('Source').boundingBox()];
    expect(preview?.y).toBeGreaterThan(field?.y ?? Infinity);
  });

  it('show of what was read from Shopify only what Shopify said, and name kinds of events in words', async () => {
    const page = await stage().open('/settings', {
      before: async (page) => {
        await page.route(/\/api\/activity\/[\w-]+$/, async (route) => {
          const answer = await route.fetch();
          const { event, ...rest } = (await answer.json()) as { event: object };
          await route.fulfill({ json: { ...rest, event: { ...event, __typename: 'Order', metafieldKeys: ['a.b'] } } });
        });
        await page.route('**/api/preview', async (route) => {
          const from = 'customers_email_marketing_consent/update';
          const fields = [{ key: 'EmailPermission', from, reason: '', text: { code: 'field.new' } }];
          const text = { code: 'state.due' };
          const answer = {
            payload: { EmailPermission: true },
            fields,
            state: 'waiting',
            reason: null,
            message: '',
            text,
          };
          await route.fulfill({ json: answer });
        });
      },
    });
    const said = page.getByRole('region', { name: 'From Shopify' });
    await said.getByText('"id"').waitFor();
    expect(await said.textContent()).not.toMatch(/__typename|metafieldKeys/);
    await page.getByRole('button', { name: 'Why each field is sent' }).click();
    await page.getByRole('row', { name: /EmailPermission true .*Email choice/ }).waitFor();
    expect(await page.getByText('customers_email_marketing_consent').count()).toBe(0);
  });

  it('show that even if the newest events are all from an import', async () => {
    const page = await stage().open('/settings', {
      before: async (page) => {
        await page.route('**/api/activity?limit=*', async (route) => {
          const answer = await route.fetch();
          const { items } = (await answer.json()) as { items: object[] };
          await route.fulfill({ json: { items: items.map((item) => ({ ...item, topic: 'import/customers' })) } });
        });
      },
    });
    await page.getByRole('region', { name: 'To Ascent360' }).getByText('"Email": "mia@example.com"').waitFor();
  });

  it('send a test record once, however often Enter is pressed, and say what is wrong with its address until that is changed; accepted, it is the first steps’ too', async () => {
    const { connector } = stage();
    const page = await open();
    const before = connector.ascent360.received.length;
    const field = page.getByLabel('Email address of the test record');
    await field.fill('nobody');
    await field.press('Enter');
    const fault = page.getByText('Enter an email address for the test record');
    await fault.waitFor();
    await field.fill('once@example.com');
    await fault.waitFor({ state: 'detached' });
    const { promise: pressed, resolve: goOn } = Promise.withResolvers<void>();
    await page.route('**/api/test-record', async (route) => {
      await pressed;
      await route.continue();
    });
    // Faster than the page can show that it is sending.
    await field.evaluate((element) => {
      const enter = () => new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true });
      for (let presses = 0; presses < 3; presses++) element.dispatchEvent(enter());
    });
    await field.press('Enter');
    goOn();
    await page.getByText('Accepted by Ascent360 at').waitFor();
    expect(connector.ascent360.received.slice(before)).toHaveLength(1);
    const done = async () => ((await connector.api('GET', '/shop')).body as ShopAnswer).setup.done;
    await expect.poll(done).toContain('test');
  });

  it('are one click away from an overview that says that sending is paused', async () => {
    const { connector } = stage();
    const before = Object(await saved());
    await connector.api('PUT', '/settings', { ...before, paused: true });
    const page = await stage().open('/');
    await page.getByText(/^Paused since /).waitFor();
    await page.getByRole('link', { name: 'Open settings' }).click();
    await page.getByRole('button', { name: 'Resume sending' }).click();
    await page.getByRole('button', { name: 'Pause sending' }).waitFor();
  });

  it('that somebody else saves meanwhile stay when other ones are saved', async () => {
    const page = await open();
    await page.getByLabel('Source type').fill('Typed here');
    const { connector } = stage();
    const before = Object(await saved());
    await connector.api('PUT', '/settings', { ...before, send: { ...before.send, customers: false } });
    await saveButton(page).click();
    await page.getByText('Settings saved').waitFor();
    expect(await saved()).toMatchObject({ sourceType: 'Typed here', send: { customers: false } });
    await connector.api('PUT', '/settings', before);
  });

  it('pause and resume sending at once, and what somebody else saves meanwhile stays', async () => {
    const page = await open();
    const { connector } = stage();
    await connector.api('PUT', '/settings', { ...Object(await saved()), sourceName: 'Saved by another' });
    await page.getByRole('button', { name: 'Pause sending' }).click();
    await page.getByRole('button', { name: 'Resume sending' }).waitFor();
    expect(await saved()).toMatchObject({ paused: true, sourceName: 'Saved by another' });
    await page.getByRole('button', { name: 'Resume sending' }).click();
    await page.getByRole('button', { name: 'Pause sending' }).waitFor();
    expect(await saved()).toMatchObject({ paused: false, sourceName: 'Saved by another' });
  });

  it('that could not be paused are not tried again as if they were to be saved', async () => {
    const page = await open();
    await page.route('**/api/settings', (call) =>
      call.request().method() === 'PUT' ? call.fulfill({ status: 503, json: refusal('database') }) : call.fallback(),
    );
    await page.getByRole('button', { name: 'Pause sending' }).click();
    await page.getByText('The app can’t reach its database').waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    await page.unroute('**/api/settings');
    await page.getByRole('button', { name: 'Pause sending' }).click();
    await page.getByRole('button', { name: 'Resume sending' }).click();
    await page.getByRole('button', { name: 'Pause sending' }).waitFor();
    expect(await page.getByText('The app can’t reach its database').count()).toBe(0);
  });

  it('ask whether a typed GUID is of another account, also if it ends as the saved one does, and after a disconnect', async () => {
    const { connector } = stage();
    const [guid, other] = [randomUUID(), randomUUID()];
    await connector.api('PUT', '/settings', { ...Object(await saved()), guid });
    const page = await open();
    const asked = page.getByLabel('It belongs to another Ascent360 account');
    await page.getByLabel('New GUID').fill(` ${(randomUUID().slice(0, -4) + guid.slice(-4)).toUpperCase()}`);
    await asked.waitFor();
    await page.locator('ui-save-bar').getByRole('button', { name: 'Discard' }).click();

    await connector.api('DELETE', '/settings/guid');
    await page.reload();
    await page.getByLabel('GUID', { exact: true }).fill(other);
    await asked.check();
    await saveButton(page).click();
    await page.getByText('Settings saved').waitFor();
    const { items } = (await connector.api('GET', '/settings/changes')).body as { items: { field: string }[] };
    expect(items.slice(0, 2).map(({ field }) => field)).toContain('account');
  });

  it('say nothing of what a test record met with another GUID', async () => {
    const page = await open();
    const connected = await page.getByText(/^GUID saved. It ends in/).textContent();
    const sameEnd = `${randomUUID().slice(0, -4)}${connected?.match(/(\w{4})\W*$/)?.[1]}`;
    await page.route('**/api/test-record', (call) =>
      call.fulfill({
        json: {
          outcome: 'connection_problem',
          at: new Date().toISOString(),
          status: 404,
          ms: 5,
          message: '',
          text: { code: 'answer.refused', params: { status: 404 } },
        },
      }),
    );
    await page.getByRole('button', { name: 'Send test record' }).click();
    await page.getByText('Ascent360 didn’t accept the test record.').waitFor();
    await page.getByLabel('New GUID').fill(sameEnd);
    await saveButton(page).click();
    await page.getByText('Settings saved').waitFor();
    await page.getByText('Ascent360 didn’t accept the test record.').waitFor({ state: 'detached' });
  });

  it('ask again about disconnecting without the failure of the last time', async () => {
    const page = await open();
    await page.route('**/api/settings/guid', (call) => call.fulfill({ status: 503, json: refusal('database') }));
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await dialog.getByRole('button', { name: 'Disconnect' }).click();
    await dialog.getByText('The app can’t reach its database').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await dialog.getByText('We erase the GUID').waitFor();
    expect(await dialog.getByText('The app can’t reach its database').count()).toBe(0);
  });

  it('are accessible: axe finds nothing, and nothing scrolls sideways at 320 pixels', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Why each field is sent' }).click();
    await expectFit(page, 'settings');
  });
});
