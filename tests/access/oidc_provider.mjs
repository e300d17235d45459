// A real OpenID provider (npm `oidc-provider`) on loopback. Whoever is named in `login_hint` of the request, or else in POST /become, signs in without
// being asked anything; POST /become also says what it tells of whom, and by how much its clock is off.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [, , folder, clientId, clientSecret, redirectUri] = process.argv;
const { default: Provider } = await import(createRequire(`${folder}/package.json`).resolve("oidc-provider"));

let who = "ada";
let secondsOff = 0;
let people = {};

const now = Date.now;
Date.now = () => now() + secondsOff * 1000;

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], grant_types: ["authorization_code"] }],
  pkce: { required: () => true },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "roles", "person"] },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ["loopback"] },
  ttl: { IdToken: 300, AccessToken: 60, AuthorizationCode: 60, Interaction: 14400, Session: 14400, Grant: 14400 },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
});

async function interact(request, response) {
  const { prompt, params } = await provider.interactionDetails(request, response);
  const accountId = params.login_hint ?? who;
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  const result = people[accountId] ? { login: { accountId }, consent } : { error: "access_denied", error_description: prompt.name };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function become(request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  ({ who, secondsOff, people } = { who, secondsOff: 0, people, ...JSON.parse(Buffer.concat(parts).toString()) });
  response.end();
}

const answer = provider.callback();
server.on("request", (request, response) => {
  if (request.url === "/become") return become(request, response);
  if (request.url.startsWith("/interaction/")) return interact(request, response);
  return answer(request, response);
});
console.log(issuer);
