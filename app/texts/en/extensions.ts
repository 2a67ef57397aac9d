/** The parts of the app outside its own pages. */
export const extensions = {
  title: 'Ascent360 elsewhere in Shopify',
  text: 'Parts of the app that you add where they are useful.',
  /** Whether a part is in use. `unknown` shows none. */
  states: { active: 'In use', available: 'Not added yet' },
  parts: {
    customerBlock: {
      title: 'On the customer’s page',
      text: 'What Ascent360 was told about a customer, what waits, and a button to send now.',
      action: 'Open a customer and pin the block',
    },
    signUp: {
      title: 'Sign-up form on the storefront',
      text: 'A newsletter form with interests, in the look of your theme.',
      action: 'Add it to the theme',
    },
    selection: {
      title: 'Ticked customers',
      text: 'Customers → tick some → More actions → Send to Ascent360.',
      action: 'Open customers',
    },
    segment: {
      title: 'Customers of a segment',
      text: 'A segment → Use segment → Send to Ascent360.',
      action: 'Open segments',
    },
    flow: {
      title: 'Shopify Flow',
      text: 'A trigger for what needs attention, and an action that sends a customer.',
      action: 'Open Flow',
    },
  },
};
