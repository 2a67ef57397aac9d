import { render } from 'preact';
import { SendMany } from './send-many.tsx';

/** The customers selected in the customer list. */
export default async () => {
  const customerIds = shopify.data.selected.map(({ id }) => id);
  render(<SendMany host={shopify} ask={{ kind: 'customers', customerIds }} />, document.body);
};
