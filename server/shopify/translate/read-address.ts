import type { PostalAddress } from '../../domain/contact.ts';
import { setKnown } from '../fields.ts';
import type { PlaceBody } from '../payloads.ts';
import { countryOf } from './read-country.ts';

/**
 * The whole address from one source; undefined if nothing is known. The country is ISO 3166-1
 * alpha-3 if its code is known, else its name as given; the province is a code if there is one. The
 * company is not an address line.
 */
export function readAddress(place: PlaceBody | undefined): PostalAddress | undefined {
  if (!place) return undefined;
  const { address1, address2, city, zip, province } = place;
  const address: PostalAddress = {};
  setKnown(address, 'line1', address1);
  setKnown(address, 'line2', address2);
  setKnown(address, 'city', city);
  setKnown(address, 'state', place.province_code ?? province);
  setKnown(address, 'zip', zip);
  setKnown(address, 'country', countryOf(place));
  return Object.keys(address).length > 0 ? address : undefined;
}
