import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { texts } from '../../../app/texts/en/index.ts';
import { endReasons } from '../../../server/domain/states.ts';
import { en } from '../../../server/domain/wording/en.ts';
import { flat, LANGUAGES, readPages } from './messages.ts';

/** All texts in a catalogue, however deeply nested. */
const textsIn = (node: unknown): string[] =>
  typeof node === 'string' ? [node] : typeof node === 'object' && node ? Object.values(node).flatMap(textsIn) : [];

const extension = (name: string, language: 'en' | (typeof LANGUAGES)[number] = 'en'): unknown =>
  JSON.parse(readFileSync(`extensions/${name}/locales/${language === 'en' ? 'en.default' : language}.json`, 'utf8'));

/** What only Ascent360 could claim about itself. All we know is that it accepted a record. */
const claims =
  /up to date|Ascent360 (already )?(has|had|knows|holds|got|loaded) (this|it|the same|every|your)|didn’t have this|(was|were|been) delivered|in sync/i;
/** That nothing was sent, where some attempt may have been: it may have arrived without an answer. */
const neverSent: Record<'en' | (typeof LANGUAGES)[number], RegExp> = {
  en: /\b(didn’t|never|not|couldn’t) (send|sent)|\bunsent/i,
  de: /nicht (noch einmal |erneut )?gesendet|nie gesendet|nichts gesendet/i,
  es: /no se envi(ó|aron)|(?<!ya )no (lo|la|los|las) envi(ó|amos|aron)|nunca se envi|no enviad/i,
  fr: /(pas|jamais|rien) (été )?(r?envoyé)|non envoyé/i,
  ja: /(送信|再送信)(されません|しません|できません|してい?ません)でした|未送信/,
};
/** That something can't be sent, or didn't arrive, where all we know is that it wasn't accepted. */
const notArrived: typeof neverSent = {
  en: /(can’t|couldn’t) (be sent|send)|(hasn’t|haven’t) reached/,
  de: /nicht (senden|gesendet)|nicht erreicht/,
  es: /no pudimos enviar|no podemos enviar|no se puede(n)? enviar|no (ha|han) llegado/,
  fr: /(pas|pu) (pu )?(être )?envoy|pas atteint|pouvons pas envoyer/,
  ja: /送信でき|を送信できません|届いてい(ません|ない)|未送信/,
};
/** What a page can't know while it can't reach the server. */
const unknowable = /sending continues|nothing is lost|we keep receiving/i;

describe('no text claims more than that Ascent360 accepted a record', () => {
  it.each([
    ['the server', en],
    ['the pages', texts],
    ['the block on the customer’s page', extension('customer-block')],
    ['the action that sends many', extension('send-many')],
    ['the listing in the App Store', parse(readFileSync('docs/app-store/listing.toml', 'utf8'))],
  ])('of %s', (_whose, catalogue) => {
    const all = textsIn(catalogue);
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter((text) => claims.test(text))).toEqual([]);
  });

  it.each(['en', ...LANGUAGES] as const)(
    'or, in %s, that what ended was not sent: it may have been tried before, and resent after it was accepted',
    (language) => {
      const said = language === 'en' ? flat(texts) : readPages(language);
      const ended = endReasons.flatMap((reason) =>
        ['server.state', 'activity.reasons', 'imports.reasons', 'server.problem.attention'].flatMap((place) => {
          const text = said.get(`${place}.${reason}`);
          return text === undefined ? [] : [`${place}.${reason}: ${text}`];
        }),
      );
      expect(ended.length).toBeGreaterThan(2 * endReasons.length);
      expect(ended.filter((text) => neverSent[language].test(text))).toEqual([]);
    },
  );

  it.each(['en', ...LANGUAGES] as const)('or, in %s, that what waits was not sent: it may be retried', (language) => {
    const said = language === 'en' ? flat(texts) : readPages(language);
    expect(said.get('overview.figures.hints.waiting')).not.toMatch(/sent|gesendet|envi|envoy|送信/i);
  });

  it.each(['en', ...LANGUAGES] as const)(
    'or, in %s, that what needs attention was not sent or did not arrive: Ascent360 may have rejected it, or not answered',
    (language) => {
      const said = language === 'en' ? flat(texts) : readPages(language);
      const block = flat(extension('customer-block', language));
      const told = [
        ...['problem.expiring', 'problem.opt_outs_undelivered'].map((key) => said.get(`server.${key}`)),
        ...['text', 'summary', 'noneText.open'].map((key) => said.get(`issues.${key}`)),
        ...['rejected', 'gave_up', 'attention'].map((reason) => block.get(`open.${reason}`)),
      ];
      expect(told).toHaveLength(8);
      const wrong = new RegExp(`${neverSent[language].source}|${notArrived[language].source}`, 'i');
      expect(told.filter((text) => text === undefined || wrong.test(text))).toEqual([]);
    },
  );

  it('or that a newer event was sent because an older one was merged into it: it may wait, or be rejected', () => {
    const { reasons, event } = texts.activity;
    const merged = [en.state.superseded, reasons.superseded, event.mergedInto, event.compare.sentWith];
    expect([...merged, texts.overview.figures.hints.merged].filter((text) => /\bsent\b/i.test(text))).toEqual([]);
  });

  it('or that there was nothing to send of what was skipped: the settings or the time may have held it back', () => {
    expect(texts.overview.figures.hints.skipped).not.toMatch(/nothing|not sent/i);
  });

  it('or what became of an attempt that got no answer, or that it is made again', () => {
    const failed = [texts.activity.event.attempts.classes.retry, en.timeline.outcome.retry];
    expect(failed.filter((text) => /retry automatically|didn’t accept/i.test(text))).toEqual([]);
  });

  it('or that something is sent where it may be paused, refused or without a GUID', () => {
    const { figures } = texts.overview;
    const done = [texts.settings.connection.resumedToast, texts.activity.again.done, texts.people.send.done];
    const whatever = [figures.hints.waiting, figures.noneText, texts.settings.connection.notConnected, ...done];
    const sent = /will be sent|nothing to do|sending resumed|resending|send them/i;
    expect(whatever.filter((text) => sent.test(text))).toEqual([]);
  });

  it('or more than it can know while the app can’t be reached', () => {
    const { failures, crashed } = texts.common;
    const all = [...textsIn(failures), ...textsIn(crashed), ...textsIn(extension('customer-block'))];
    expect(all.filter((text) => unknowable.test(text))).toEqual([]);
  });
});
