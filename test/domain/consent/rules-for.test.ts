import { expect, it } from 'vitest';
import { rulesFor } from '../../../server/domain/consent/rules-for.ts';
import type { FlagChannel } from '../../../server/domain/consent.ts';

const consent = {
  email: { optInLevel: 'confirmed', history: 'all', untickedBox: 'leaveOut' },
  sms: { optInLevel: 'single', history: 'none' },
} as const;

it.each([
  { channel: 'email', rules: { optInLevel: 'confirmed', history: 'all', untickedBox: 'leaveOut' } },
  { channel: 'sms', rules: { optInLevel: 'single', history: 'none', untickedBox: 'send' } },
  { channel: 'phone', rules: { optInLevel: 'any', history: 'optOuts', untickedBox: 'send' } },
  { channel: 'postal', rules: { optInLevel: 'any', history: 'optOuts', untickedBox: 'send' } },
] satisfies { channel: FlagChannel; rules: object }[])(
  '$channel follows only its own settings',
  ({ channel, rules }) => {
    expect(rulesFor(channel, { consent })).toEqual(rules);
  },
);
