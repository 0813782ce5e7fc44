// A certified OpenID provider on loopback, with two subjects: node provider.mjs PORT REDIRECT_URI
// Whoever comes with the header X-Account is signed in as that account, without a page.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const ACCOUNTS = {
  wang: { acr: "L3", claims: { subject_type: "person" } },
  hall: { acr: "L2", claims: { subject_type: "corp", uscc: "52310000MJ4900001K" } },
};

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "linli",
      client_secret: "a secret/with+signs",
      redirect_uris: [redirectUri],
      id_token_signed_response_alg: "RS256",
    },
  ],
  pkce: { required: () => true },
  acrValues: ["L1", "L2", "L3"],
  claims: { openid: ["sub", "subject_type", "uscc"], acr: null, auth_time: null },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, ...ACCOUNTS[id].claims }),
  }),
  async loadExistingGrant(ctx) {
    const { client, session } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid");
    await grant.save();
    return grant;
  },
});

const answer = provider.callback();
createServer(async (request, response) => {
  if (!request.url.startsWith("/interaction/")) return answer(request, response);
  await provider.interactionDetails(request, response);
  const accountId = request.headers["x-account"];
  const result = ACCOUNTS[accountId]
    ? { login: { accountId, acr: ACCOUNTS[accountId].acr } }
    : { error: "access_denied", error_description: "the subject went away" };
  await provider.interactionFinished(request, response, result);
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
