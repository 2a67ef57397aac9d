import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { SHOP } from '../fakes/connector.ts';
import { openShop } from '../fakes/open-shop.ts';
import { takeSignUp } from '../fakes/take-sign-up.ts';
import { expectFit, inBrowser } from './stage-of-test.ts';

const INTERESTS = 'Ski\nRaces & events\nSki school';

const focused = async (page: Page) =>
  await page.evaluate(
    () => document.activeElement?.getAttribute('name') ?? document.activeElement?.getAttribute('role'),
  );

inBrowser('the sign-up block in a theme', (stage) => {
  it('posts the ticked interests as tags, and then shows its thanks', async () => {
    const { page, posts } = await openShop(stage().browser, { settings: { interests: INTERESTS } });
    await page.getByLabel('First name').fill('Mia');
    await page.getByLabel('Email').fill('mia@example.com');
    await page.getByRole('checkbox', { name: 'Races & events' }).check();
    await page.getByRole('checkbox', { name: 'Ski', exact: true }).check();
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByText('Thanks for signing up').waitFor();
    expect(posts).toEqual([
      {
        form_type: 'customer',
        utf8: '✓',
        'contact[tags]': 'newsletter,interest:Ski,interest:Races & events',
        'contact[first_name]': 'Mia',
        'contact[email]': 'mia@example.com',
      },
    ]);
    await expect.poll(async () => await focused(page)).toBe('status');
  });

  it('posts no interest that was unticked again', async () => {
    const { page, posts } = await openShop(stage().browser, { settings: { interests: INTERESTS } });
    await page.getByLabel('Email').fill('mia@example.com');
    await page.getByRole('checkbox', { name: 'Ski school' }).check();
    await page.getByRole('checkbox', { name: 'Ski school' }).uncheck();
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByText('Thanks for signing up').waitFor();
    expect(posts[0]?.['contact[tags]']).toBe('newsletter');
  });

  it('posts no interest that was unticked after the theme moved the block, into a drawer for example', async () => {
    const { page, posts } = await openShop(stage().browser, { settings: { interests: INTERESTS } });
    await page.getByRole('checkbox', { name: 'Ski school' }).check();
    await page.evaluate(() => document.body.append(document.querySelector('ascent360-sign-up') ?? ''));
    await page.getByRole('checkbox', { name: 'Ski school' }).uncheck();
    await page.getByLabel('Email').fill('mia@example.com');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByText('Thanks for signing up').waitFor();
    expect(posts[0]?.['contact[tags]']).toBe('newsletter');
  });

  it('works without JavaScript, then without interests', async () => {
    const { page, posts } = await openShop(stage().browser, { settings: { interests: INTERESTS }, javaScript: false });
    expect(await page.getByRole('checkbox').count()).toBe(0);
    await page.getByLabel('Email').fill('mia@example.com');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByText('Thanks for signing up').waitFor();
    expect(posts).toMatchObject([{ 'contact[tags]': 'newsletter', 'contact[email]': 'mia@example.com' }]);
  });

  it('keeps what was ticked, and focuses the address, if Shopify refuses it', async () => {
    const { page, posts } = await openShop(stage().browser, {
      settings: { interests: INTERESTS },
      answer: (post) =>
        post['contact[email]'] === 'mia@example' ? { errors: { email: 'is invalid' } } : { posted: true },
    });
    await page.getByLabel('Email').fill('mia@example');
    await page.getByRole('checkbox', { name: 'Ski school' }).check();
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByText('Email is invalid').waitFor();
    await expect.poll(async () => await focused(page)).toBe('contact[email]');
    expect(await page.getByLabel('Email').inputValue()).toBe('mia@example');
    expect(await page.getByRole('checkbox', { name: 'Ski school' }).isChecked()).toBe(true);
    await page.getByLabel('Email').fill('mia@example.com');
    await page.keyboard.press('Enter');
    await page.getByText('Thanks for signing up').waitFor();
    expect(posts[1]?.['contact[tags]']).toBe('newsletter,interest:Ski school');
  });

  it.each([
    ['refused', { errors: { email: 'is invalid' } }, 'contact[email]'],
    ['done', { posted: true }, 'status'],
  ])('focuses the answer in the block that was used, not in another one on the page: %s', async (_, answer, role) => {
    const { page } = await openShop(stage().browser, { blocks: ['first', 'second'], answer: () => answer });
    await page.getByLabel('Email').first().fill('mia@example');
    await page.getByRole('button', { name: 'Sign up' }).first().click();
    await page.waitForURL(/#ascent360-sign-up-first$/);
    await expect.poll(async () => await focused(page)).toBe(role);
    const block = await page.evaluate(() => document.activeElement?.closest('ascent360-sign-up form')?.id);
    expect(block).toBe('ascent360-sign-up-first');
  });

  it('says nothing about a fault in another form on the page', async () => {
    const { page } = await openShop(stage().browser, {
      blocks: ['first', 'second'],
      answer: () => ({ errors: { email: 'is invalid' } }),
    });
    await page.getByLabel('Email').first().fill('mia@example');
    await page.getByRole('button', { name: 'Sign up' }).first().click();
    await page.getByText('Email is invalid').first().waitFor();
    await expect.poll(async () => await focused(page)).toBe('contact[email]');
    expect(await page.getByRole('alert').count()).toBe(1);
    expect(await page.getByLabel('Email').nth(1).getAttribute('aria-invalid')).toBeNull();
  });

  it('still works when the theme editor puts it into a page', async () => {
    const { page, posts } = await openShop(stage().browser, { settings: { interests: INTERESTS } });
    await page.evaluate(() => {
      const block = document.querySelector('ascent360-sign-up');
      const fresh = block?.cloneNode(true);
      if (fresh instanceof HTMLElement) {
        fresh.querySelector('fieldset')?.setAttribute('hidden', '');
        block?.replaceWith(fresh);
      }
    });
    await page.getByLabel('Email').fill('mia@example.com');
    await page.getByRole('checkbox', { name: 'Ski school' }).check();
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByText('Thanks for signing up').waitFor();
    expect(posts[0]?.['contact[tags]']).toBe('newsletter,interest:Ski school');
  });

  it('reaches Ascent360: what was posted, with what Shopify makes of it', async () => {
    const { connector } = stage();
    const mapping = { interests: [{ from: 'tag', prefix: 'interest:' }] };
    await connector.connect({ mapping });
    const { page, posts } = await openShop(stage().browser, { settings: { interests: INTERESTS } });
    await page.getByLabel('First name').fill('Mia');
    await page.getByLabel('Email').fill('mia@example.com');
    await page.getByRole('checkbox', { name: 'Races & events' }).check();
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByText('Thanks for signing up').waitFor();
    for (const { topic, body } of takeSignUp(connector.admin.shop(SHOP), 701, posts[0] ?? {})) {
      await connector.send(topic, body);
    }
    await connector.settled();
    expect(connector.ascent360.received.map(({ body }) => body)).toEqual([
      expect.objectContaining({
        FirstName: 'Mia',
        Email: 'mia@example.com',
        EmailPermission: true,
        Interests: ['Races & events'],
      }),
    ]);
  });

  describe('is accessible', () => {
    const consent = '<p>News about once a week. <a href="/policies/privacy-policy">Privacy policy</a></p>';
    it.each([
      ['as first seen', {}],
      ['in dark colours', { theme: 'body { background: #111; color: #eee } a { color: #9cf }' }],
      ['after a sign-up', { state: { posted: true } }],
      ['after a refused sign-up', { state: { errors: { email: 'is invalid' }, email: 'mia@' } }],
    ])('%s, as wide as a phone and as a desktop', async (_, options) => {
      const { page } = await openShop(stage().browser, {
        settings: { interests: INTERESTS, consent, text: '<p>News from the slopes.</p>' },
        ...options,
      });
      await expectFit(page, 'the block');
    });

    it('by keyboard alone', async () => {
      const { page } = await openShop(stage().browser, { settings: { interests: 'Ski' } });
      const stops: (string | null)[] = [];
      for (let i = 0; i < 4; i++) {
        await page.keyboard.press('Tab');
        stops.push(await page.evaluate(() => document.activeElement?.getAttribute('type') ?? null));
      }
      expect(stops).toEqual(['text', 'email', 'checkbox', 'submit']);
    });
  });
});
