/** The first steps: what to do, where to find it, what happens next. */
export const setup = {
  title: 'First steps',
  intro: 'Five short steps. The first one connects the shop; you can leave at any time and go on later.',
  stepOf: (number: number, all: number) => `Step ${number} of ${all}`,
  done: 'Done',
  open: 'Open',
  next: 'Save and go on',
  goOn: 'Go on',
  skip: 'Skip this step',
  later: 'I will do this later',
  connect: {
    title: 'Connect to Ascent360',
    done: (last4: string) => `Connected to the GUID that ends in ${last4}.`,
    guid: 'GUID of your data webhook',
    guidHelp:
      'Your Ascent360 contact gives it to you. Paste the GUID, or the whole address https://webhook.ascent360.com/V1/Data/…',
    guidPlaceholder: 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx',
    next: 'Next: events that have waited go out, and new ones go out as they come. Permissions only when they change.',
    button: 'Connect',
    names: 'Source name and type',
    namesHelp: (name: string, type: string) => `Records come from the source “${name}” of type “${type}”.`,
    change: 'Change',
    toast: 'Connected to Ascent360',
  },
  lists: {
    title: 'Provider and lists',
    none: 'None: people stay in Ascent360.',
    chosen: (provider: string, lists: string) => `Provider ${provider}, lists ${lists}.`,
    text: 'Only if Ascent360 is to pass people on to an e-mail provider such as Mailchimp. If you are not sure, choose none: it can be changed later.',
    where: 'Ascent360 tells you the number of the provider and the IDs of its lists.',
    next: 'Next: people who opt in to e-mail are put on these lists, once.',
  },
  test: {
    title: 'Send a test record',
    done: 'Ascent360 accepted a test record.',
    text: 'See that it works. Use an address that you can look up in Ascent360 tomorrow.',
    next: 'Next: nothing more comes of it. It counts nowhere, and has no permissions.',
  },
  history: {
    title: 'Existing customers',
    decided: {
      optOuts: 'Of choices from before, opt-outs only are told.',
      all: 'Of choices from before, e-mail opt-ins and all opt-outs are told.',
    },
    decidedOtherwise: 'It is decided what happens to choices from before.',
    question: 'Does Ascent360 already hold the customers of this shop?',
    yes: 'Yes, or most of them',
    yesHelp: 'Old opt-outs are told, old opt-ins are not: Ascent360 would take them for new.',
    no: 'No, they are new there',
    noHelp:
      'Old e-mail opt-ins and opt-outs are told as people come up or are imported. Of SMS only opt-outs: an opt-in may trigger a text that you pay for.',
    unsure: 'I do not know',
    unsureHelp: 'The same as yes, until you change it in the settings.',
    count: 'Count the customers first',
    countAgain: 'Count again',
    counting: 'Counting. This takes a few minutes in a large shop; you can leave this page.',
    counted: 'What an import of all customers would send',
    ifAnswered: { optOuts: 'Yes, or not known', all: 'No' },
    chosen: 'your answer',
    contacts: 'Contacts',
    optIns: 'Opt-ins to e-mail',
    optOuts: 'Opt-outs of e-mail',
    smsOptIns: 'Opt-ins to SMS',
    smsOptOuts: 'Opt-outs of SMS',
    skipped: 'Left out',
    countedAt: (moment: string) => `Counted ${moment}. Nothing has been sent.`,
    outdated: 'Settings were changed since it was counted. Count again to be sure of the numbers.',
    toImport: 'Look at the import',
    noCount: 'The customers cannot be counted now',
    next: 'Next: nothing is sent for existing customers until they change something, or you start an import.',
  },
  ask: {
    title: 'Ask your Ascent360 contact',
    done: 'Ascent360 has been asked.',
    text: 'Ascent360 has to set up two things on its side. Send this to your contact there:',
    label: 'Text for your Ascent360 contact',
    message: (shop: string, source: string, type: string) => `Hello,

our Shopify shop ${shop} now sends its customers and orders to our data webhook. Please

1. set up the source "${source}" (SourceType "${type}") for it;
2. map the object "Order" of each record: match by Order.Id and update what is there instead of appending, with Order.CreatedAt as the date of the purchase and Order.Total as its amount. Order.Event is "created", "updated", "cancelled" or "import".

Permission fields (EmailPermission, SMSPermission) come only when a person changed their choice.

Thank you.`,
    copied: 'Copied',
    asked: 'I have asked',
    next: 'Next: purchases appear in Ascent360 with the load after they have set it up.',
  },
  finished: {
    title: 'All set',
    text: 'Everything goes out by itself from here. The overview shows what became of every event.',
    overview: 'Go to the overview',
    import: 'Import past customers and orders',
    settings: 'All settings',
  },
};
