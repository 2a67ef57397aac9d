import type { FailureKind } from '../../api.ts';

/** What all pages say. */
export const common = {
  appName: 'Ascent360 Connector',
  nav: {
    overview: 'Overview',
    activity: 'Activity',
    people: 'People',
    imports: 'Import',
    settings: 'Settings',
    privacy: 'Privacy',
  },
  loading: 'Loading',
  more: 'Show more',
  retry: 'Try again',
  reload: 'Reload the page',
  cancel: 'Cancel',
  close: 'Close',
  save: 'Save',
  discard: 'Discard',
  copy: 'Copy',
  copied: 'Copied',
  notCopied: 'The browser does not let the app copy: mark the text and press Ctrl+C',
  notFound: {
    title: 'There is no such page',
    text: 'The address may be old, or what it was about has been erased.',
    back: 'Go to the overview',
  },
  failures: {
    token: {
      title: 'Your session with Shopify has ended',
      text: 'Nothing was changed. Reload the page to go on.',
    },
    no_app_bridge: {
      title: 'Shopify could not be reached',
      text: 'This page needs a part that Shopify delivers, and it did not arrive. Check that nothing blocks cdn.shopify.com, then reload. Sending goes on meanwhile.',
    },
    refused: { title: 'This could not be taken', text: '' },
    missing: { title: 'This is not here', text: 'It may have been erased, or the address is wrong.' },
    conflict: { title: 'This is not possible now', text: '' },
    too_many: { title: 'Too many calls at once', text: 'Wait a moment, then try again.' },
    server: {
      title: 'Something went wrong on our side',
      text: 'Nothing is lost: events go on being received. Try again in a moment.',
    },
    offline: {
      title: 'The app could not be reached',
      text: 'Check your internet connection, then try again. Sending goes on meanwhile.',
    },
  } satisfies Record<FailureKind, { title: string; text: string }>,
  crashed: {
    title: 'This page has a fault',
    text: 'It is ours. Reload the page; if it comes back, tell us what you did. Sending goes on meanwhile.',
  },
};
