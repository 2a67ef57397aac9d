import { render } from 'preact';
import { SendMany } from './send-many.tsx';

/** The customers that are ticked in the list of customers. */
export default async () => {
  const customerIds = shopify.data.selected.map(({ id }) => id);
  render(<SendMany host={shopify} ask={{ kind: 'customers', customerIds }} />, document.body);
};
