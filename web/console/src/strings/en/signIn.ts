export const signIn = {
  title: "Sign in to Callwell",
  email: "Email",
  password: "Password",
  code: "Code",
  codeHint: "From your authenticator app, or one of your recovery codes.",
  submit: "Sign in",
  or: "or",
  /** By what the address says. */
  why: {
    idle: "You were signed out because nothing was done for a while.",
    sign_on_refused: "Your organization's sign-in did not let you in here. Ask an admin whether you have an account.",
    sign_on_unavailable: "Your organization's sign-in could not be reached. Try again in a moment.",
  } as Readonly<Record<string, string>>,
  oidc: (label: string) => `Sign in with ${label}`,
  forgotten: "Forgotten your password? An admin can set a new one.",
};
