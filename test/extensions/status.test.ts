import { describe, expect, it } from 'vitest';
import type { ExtensionInfo } from '../../app/app-bridge.ts';
import { linkOf, type PARTS, parts, stateOf } from '../../app/read-extensions.ts';

const block = (...themes: string[]): ExtensionInfo['activations'] => [
  { target: 'section', handle: 'sign-up', activations: themes.map(() => ({ target: 'section' })) },
];

describe('which parts of the app are in use', () => {
  it.each<[string, ExtensionInfo[] | null, Partial<Record<keyof typeof PARTS, string>>]>([
    ['nothing is known if Shopify can’t be asked', null, { customerBlock: 'unknown', signUp: 'unknown' }],
    ['nothing is known about what Shopify doesn’t list', [], { customerBlock: 'unknown', flow: 'unknown' }],
    [
      'a pinned block is in use',
      [{ handle: 'customer-block', activations: [{ target: 'admin.customer-details.block.render' }] }],
      { customerBlock: 'active', selection: 'unknown' },
    ],
    [
      'a block that nobody pinned can be added',
      [{ handle: 'customer-block', activations: [] }],
      { customerBlock: 'available' },
    ],
    ['a theme block in a theme is in use', [{ handle: 'newsletter', activations: block('1') }], { signUp: 'active' }],
    [
      'a theme block in no theme can be added',
      [{ handle: 'newsletter', activations: block() }],
      { signUp: 'available' },
    ],
    [
      'what Shopify says about a theme block decides: one that is placed may be hidden',
      [{ handle: 'newsletter', activations: block('1').map((one) => ({ ...one, status: 'available' as const })) }],
      { signUp: 'available' },
    ],
    [
      'a theme block that Shopify calls active is in use',
      [{ handle: 'newsletter', activations: block().map((one) => ({ ...one, status: 'active' as const })) }],
      { signUp: 'active' },
    ],
    [
      'a theme block that the published theme can’t show can’t be added',
      [{ handle: 'newsletter', activations: block().map((one) => ({ ...one, status: 'unavailable' as const })) }],
      { signUp: 'unavailable' },
    ],
    ['a missing handle matches nothing', [{ handle: null, activations: block('1') }], { flow: 'unknown' }],
  ])('%s', (_, infos, states) => {
    expect(Object.fromEntries(parts.map((part) => [part, stateOf(part, infos)]))).toMatchObject(states);
  });

  it('the link leads to the theme editor with the block selected', () => {
    const link = new URL(linkOf('signUp', 'a-shop.myshopify.com', 'the-key'));
    expect(link.origin + link.pathname).toBe('https://a-shop.myshopify.com/admin/themes/current/editor');
    expect(Object.fromEntries(link.searchParams)).toEqual({
      template: 'index',
      addAppBlockId: 'the-key/sign-up',
      target: 'newAppsSection',
    });
  });

  it('the link never leads outside the shop’s admin', () => {
    for (const part of ['customerBlock', 'selection', 'segment', 'flow'] as const) {
      expect(linkOf(part, 'a-shop.myshopify.com', 'k')).toMatch(/^https:\/\/a-shop\.myshopify\.com\/admin\/[a-z/]+$/);
    }
  });
});
