import { expect, it } from 'vitest';
import { namesAnotherShop } from '../../server/shopify/names-another-shop.ts';

it.each([
  ['another shop', { shop_domain: 'other.myshopify.com' }, true],
  ['another shop as shopify_domain', { shopify_domain: 'other.myshopify.com' }, true],
  ['another shop as myshopify_domain', { myshopify_domain: 'other.myshopify.com' }, true],
  ['another shop, in capitals and with spaces', { myshopify_domain: ' OTHER.myshopify.com ' }, true],
  ['another shop as a URL', { shop_domain: 'https://other.myshopify.com/' }, true],
  ['another shop as a URL without TLS', { shop_domain: 'http://other.myshopify.com' }, true],
  ['another shop with a port', { shop_domain: 'other.myshopify.com:443' }, true],
  ['another shop with a query', { shop_domain: 'https://other.myshopify.com?a=b' }, true],
  ['another shop with a fragment', { shop_domain: 'https://other.myshopify.com#a' }, true],
  ['another shop whose name has a number', { shop_domain: 'other-2.myshopify.com' }, true],
  ['another shop whose name begins with a number', { shop_domain: '2other.myshopify.com' }, true],
  ['another shop whose name is one letter', { shop_domain: 'o.myshopify.com' }, true],
  ['a name that no shop can have', { shop_domain: '-other.myshopify.com' }, false],
  ['a domain that only ends like a shop’s', { shop_domain: 'www.other.myshopify.com' }, false],
  ['another shop with a dot at the end', { shop_domain: 'other.myshopify.com.' }, true],
  ['another shop that ends like this one', { shop_domain: 'not-mine.myshopify.com' }, true],
  ['this shop as a URL', { shop_domain: 'https://mine.myshopify.com/admin' }, false],
  ['a domain that only begins like a shop’s', { shop_domain: 'other.myshopify.com.example.org' }, false],
  ['this shop', { myshopify_domain: 'mine.myshopify.com' }, false],
  ['this shop, in capitals', { shop_domain: 'MINE.myshopify.com' }, false],
  ['a domain of its own', { domain: 'www.example.com', myshopify_domain: 'mine.myshopify.com' }, false],
  ["the placeholder of Shopify's samples", { shop_domain: '{shop}.myshopify.com' }, false],
  ['no shop', { id: 1 }, false],
  ['something that isn’t text', { shop_domain: 7 }, false],
])('a body that names %s', (_, body, another) => {
  expect(namesAnotherShop(body, 'mine.myshopify.com')).toBe(another);
});
