import { describe, expect, it } from 'vitest';
import type { ExtensionInfo } from '../../app/app-bridge.ts';
import { linkOf, type PARTS, readExtensions } from '../../app/read-extensions.ts';

const block = (...themes: string[]): ExtensionInfo['activations'] => [
  { target: 'section', handle: 'sign-up', activations: themes.map(() => ({ target: 'section' })) },
];

describe('which parts of the app are in use', () => {
  it.each<[string, ExtensionInfo[] | null, Partial<Record<keyof typeof PARTS, string>>]>([
    ['nothing is known when Shopify cannot be asked', null, { customerBlock: 'unknown', signUp: 'unknown' }],
    ['nothing is known of what Shopify does not name', [], { customerBlock: 'unknown', flow: 'unknown' }],
    [
      'a block that somebody pinned is in use',
      [{ handle: 'customer-block', activations: [{ target: 'admin.customer-details.block.render' }] }],
      { customerBlock: 'active', selection: 'unknown' },
    ],
    [
      'a block that nobody pinned can be added',
      [{ handle: 'customer-block', activations: [] }],
      { customerBlock: 'available' },
    ],
    ['a theme block in a theme is in use', [{ handle: 'newsletter', activations: block('1') }], { signUp: 'active' }],
    ['a theme block in none can be added', [{ handle: 'newsletter', activations: block() }], { signUp: 'available' }],
    [
      'what Shopify says of the whole decides',
      [
        { handle: 'newsletter', status: 'available', activations: block('1') },
        { handle: 'send-segment', status: 'active', activations: [] },
        { handle: 'send-selection', status: 'unavailable', activations: [] },
      ],
      { signUp: 'available', segment: 'active', selection: 'available' },
    ],
    [
      'a handle that is missing is nobody’s',
      [{ handle: null, status: 'active', activations: [] }],
      { flow: 'unknown' },
    ],
  ])('%s', (_, infos, states) => {
    expect(readExtensions(infos)).toMatchObject(states);
  });

  it('leads to the theme editor with the block chosen', () => {
    const link = new URL(linkOf('signUp', 'a-shop.myshopify.com', 'the-key'));
    expect(link.origin + link.pathname).toBe('https://a-shop.myshopify.com/admin/themes/current/editor');
    expect(Object.fromEntries(link.searchParams)).toEqual({
      template: 'index',
      addAppBlockId: 'the-key/sign-up',
      target: 'newAppsSection',
    });
  });

  it('leads nowhere but into the shop’s admin', () => {
    for (const part of ['customerBlock', 'selection', 'segment', 'flow'] as const) {
      expect(linkOf(part, 'a-shop.myshopify.com', 'k')).toMatch(/^https:\/\/a-shop\.myshopify\.com\/admin\/[a-z/]+$/);
    }
  });
});
