import { expect, it } from 'vitest';
import { searchText } from '../../server/domain/search-text.ts';

it.each([
  ['ann@example.com', 'ann@example.com'],
  ['Ann O’Neil <ann@example.com>', 'ann@example.com'],
  ['"O’Neil, Ann" <ann@example.com>,', 'ann@example.com'],
  ['<ann@example.com>', 'ann@example.com'],
  ['mailto:ann@example.com', 'ann@example.com'],
  ['MAILTO:ann@example.com', 'ann@example.com'],
  ['ann@example.com;', 'ann@example.com'],
  ['ann@example.com.', 'ann@example.com'],
  ['tel:+1-212-555-0142', '+1-212-555-0142'],
  ['+1 (212) 555-0142', '+1 (212) 555-0142'],
  ['https://admin.shopify.com/store/alpine/customers/501', '501'],
  ['https://admin.shopify.com/store/alpine/customers/501?link_source=search', '501'],
  [
    'https://admin.shopify.com/store/alpine/customers/segments/501',
    'https://admin.shopify.com/store/alpine/customers/segments/501',
  ],
  ['gid://shopify/Customer/501', 'gid://shopify/Customer/501'],
  ['#1001', '#1001'],
  ['<3', '<3'],
  ['.', '.'],
  ['mailto:', 'mailto:'],
  ['1001.', '1001.'],
  ['Ann ann@example.com', 'Ann ann@example.com'],
])('of %s, %s is searched for', (pasted, searched) => {
  expect(searchText(pasted)).toBe(searched);
});
