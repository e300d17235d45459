export const signIn = {
  title: "Sign in to Callwell",
  email: "Email",
  password: "Password",
  code: "Code",
  codeHint: "From your authenticator app, or one of your recovery codes.",
  submit: "Sign in",
  or: "or",
  idle: "You were signed out because nothing was done for a while.",
  oidc: (label: string) => `Sign in with ${label}`,
  forgotten: "Forgotten your password? An admin can set a new one.",
};
