import countries from 'i18n-iso-countries';
import type { PostalAddress } from '../../domain/contact.ts';
import { setKnown } from '../fields.ts';
import type { PlaceBody } from '../payloads.ts';

/**
 * One source's whole address; undefined when nothing of it is known. The country as ISO 3166-1 alpha-3 where its code is
 * known, else its name as given; the province's code where there is one. The company is not an address line.
 */
export function readAddress(place: PlaceBody | undefined): PostalAddress | undefined {
  if (!place) return undefined;
  const { address1, address2, city, zip, province, country } = place;
  const address: PostalAddress = {};
  setKnown(address, 'line1', address1);
  setKnown(address, 'line2', address2);
  setKnown(address, 'city', city);
  setKnown(address, 'state', place.province_code ?? province);
  setKnown(address, 'zip', zip);
  setKnown(address, 'country', alpha3(place.country_code) ?? alpha3(country) ?? country);
  return Object.keys(address).length > 0 ? address : undefined;
}

/** Some bodies have the two-letter code where the name belongs, so a name is looked up as well. */
function alpha3(code: string | undefined): string | undefined {
  // Kosovo's XK is in use, yet not in ISO 3166-1, and has no alpha-3: its name says more.
  if (code?.toUpperCase() === 'XK') return undefined;
  return code?.length === 2 ? countries.alpha2ToAlpha3(code.toUpperCase()) : undefined;
}
