import { render } from 'preact';
import { SendMany } from './send-many.tsx';

/** The customers in the segment being viewed. */
export default async () => {
  const segmentId = shopify.data.selected[0]?.id ?? '';
  render(<SendMany host={shopify} ask={{ kind: 'customers', segmentId }} />, document.body);
};
