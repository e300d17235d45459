export const billing = { title: "Billing" };
