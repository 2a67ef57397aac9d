import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { themeCheckRun } from '@shopify/theme-check-node';
import { describe, expect, it } from 'vitest';
import { editorText, readSchema, renderBlock, storefrontTexts } from '../fakes/storefront.ts';

const folder = path.join(import.meta.dirname, '../../extensions/newsletter');

async function offences(root: string): Promise<string[]> {
  const { offenses } = await themeCheckRun(root, 'theme-check:theme-app-extension');
  return offenses.map(({ check, message, uri }) => `${check}: ${message} (${path.basename(uri)})`);
}

async function render(...given: Parameters<typeof renderBlock>): Promise<Document> {
  return new DOMParser().parseFromString(await renderBlock(...given), 'text/html');
}

const value = (page: Document, selector: string) => page.querySelector(selector)?.getAttribute('value');

describe('the sign-up block', () => {
  it('passes Shopify’s checks for theme app extensions without an offence', async () => {
    expect(await offences(folder)).toEqual([]);
  });

  it('is really checked: a broken copy has offences', async () => {
    const copy = await mkdtemp(path.join(tmpdir(), 'connector-theme-'));
    await cp(folder, copy, { recursive: true });
    const block = path.join(copy, 'blocks/sign-up.liquid');
    await writeFile(block, (await readFile(block, 'utf8')).replace("'sign_up.email' | t", "'sign_up.mail' | t"));
    expect(await offences(copy)).toEqual([expect.stringContaining('TranslationKeyExists')]);
    await rm(copy, { recursive: true });
  });

  it('adds at most 10 kB to the shop', async () => {
    const assets = path.join(folder, 'assets');
    const sizes = await Promise.all(
      (await readdir(assets)).map(async (name) => (await stat(path.join(assets, name))).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(10_000);
  });

  it('loads nothing, and posts nothing except what Shopify’s form posts', async () => {
    const files = (await readdir(folder, { recursive: true, encoding: 'utf8' })).filter((name) => /\.\w+$/.test(name));
    const texts = await Promise.all(files.map(async (name) => await readFile(path.join(folder, name), 'utf8')));
    expect(texts.join('\n')).not.toMatch(/https?:\/\/|fetch\(|XMLHttpRequest|sendBeacon|app_proxy|\/apps\//);
  });

  it('has a text for every setting', () => {
    const { name, settings } = readSchema();
    const texts = [name, ...settings.flatMap(({ label, content, info }) => [label, content, info])];
    for (const text of texts) if (text) expect(editorText(text)).not.toBe('');
    expect(settings.map(({ id }) => id).filter(Boolean)).toEqual([
      'heading',
      'text',
      'show_first_name',
      'button',
      'consent',
      'interests',
      'interests_label',
      'prefix',
    ]);
  });

  it('asks for first name and email on Shopify’s customer form, each with its label and autocomplete', async () => {
    const page = await render();
    expect(value(page, '[name=form_type]')).toBe('customer');
    for (const [name, autocomplete] of [
      ['contact[first_name]', 'given-name'],
      ['contact[email]', 'email'],
    ]) {
      const input = page.querySelector(`[name="${name}"]`);
      expect(input?.getAttribute('autocomplete')).toBe(autocomplete);
      expect(page.querySelector(`label[for="${input?.id}"]`)?.textContent).toBeTruthy();
    }
    expect(page.querySelector('[type=email]')?.hasAttribute('required')).toBe(true);
    expect(value(page, '[name="contact[tags]"]')).toBe('newsletter');
  });

  it('hides the interests until JavaScript shows them, and posts no check box by itself', async () => {
    const page = await render({ interests: 'Ski\r\nRaces, big ones\n\n  Ski school ', prefix: ' interest: ' });
    expect(page.querySelector('fieldset')?.hidden).toBe(true);
    const boxes = [...page.querySelectorAll('[type=checkbox]')];
    expect(boxes.map((box) => box.getAttribute('value'))).toEqual([
      'interest:Ski',
      'interest:Races big ones',
      'interest:Ski school',
    ]);
    expect(boxes.every((box) => !box.hasAttribute('name'))).toBe(true);
  });

  it('offers each interest as it was typed, also with signs that look like markup', async () => {
    const page = await render({ interests: 'Beginner (<1 year)\nExpert (>10 years)\n<b>Ski</b>' });
    expect([...page.querySelectorAll('label:has([type=checkbox])')].map((label) => label.textContent?.trim())).toEqual([
      'Beginner (<1 year)',
      'Expert (>10 years)',
      '<b>Ski</b>',
    ]);
  });

  it('makes one tag of an interest, also if its prefix has a comma', async () => {
    const page = await render({ interests: 'Ski', prefix: 'interest,' });
    expect(value(page, '[type=checkbox]')).toBe('interestSki');
  });

  it.each([null, '', ' \n '])('has no question about interests if the settings name none: %j', async (interests) => {
    const page = await render({ ...(interests !== null && { interests }) });
    expect(page.querySelectorAll('fieldset, [type=checkbox]')).toHaveLength(0);
  });

  it('shows what the merchant typed as text, never as markup', async () => {
    const bad = '<img src=x onerror=alert(1)>"\'';
    const page = await render({ heading: bad, button: bad, interests_label: bad, prefix: bad, interests: `a\n${bad}` });
    expect(page.querySelector('img')).toBeNull();
    expect(page.querySelector('h2')?.textContent).toBe(bad);
  });

  it('confirms the sign-up in place of the form, and moves the focus there', async () => {
    const page = await render({}, { posted: true });
    const message = page.querySelector('[role=status]');
    expect(message?.textContent?.trim()).toBe(Object(storefrontTexts['sign_up']).success);
    expect(message?.hasAttribute('autofocus')).toBe(true);
    expect(message?.getAttribute('tabindex')).toBe('-1');
    expect(page.querySelector('[type=email]')).toBeNull();
  });

  it.each([
    ['what Shopify says about the address', { email: 'is invalid' }, 'Email is invalid'],
    ['its own message if Shopify says nothing about it', { form: 'failed' }, 'Check your email address'],
  ])('says what went wrong next to the address, and keeps what was typed: %s', async (_, errors, text) => {
    const page = await render({}, { errors, email: 'mia@' });
    const input = page.querySelector('[type=email]');
    expect(input?.getAttribute('value')).toBe('mia@');
    expect(input?.getAttribute('aria-invalid')).toBe('true');
    expect(input?.hasAttribute('autofocus')).toBe(true);
    expect(page.getElementById(input?.getAttribute('aria-describedby') ?? '')?.textContent).toContain(text);
  });
});
