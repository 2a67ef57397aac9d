/** The topic for an opt-out that nothing else is going to carry. */
export const OPT_OUT_TOPIC = 'person/opt_out';
