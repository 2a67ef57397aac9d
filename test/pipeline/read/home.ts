/** One postal address, as a webhook has it and as the Admin API answers it. */
export const home = { address1: '1 Piste Road', city: 'Banff', country_code: 'CA' };
export const homeRead = {
  firstName: null,
  lastName: null,
  phone: null,
  address1: '1 Piste Road',
  address2: null,
  city: 'Banff',
  zip: null,
  province: null,
  provinceCode: null,
  country: 'Canada',
  countryCodeV2: 'CA',
};
