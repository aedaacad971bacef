// A certified OAuth 2 server at the path of a Keycloak realm, on a free port of loopback, which it prints.
// node token-server.mjs FOLDER-OF-NODE-MODULES LIFE-OF-A-TOKEN-IN-SECONDS
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, life] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(createRequire(`${folder}/`).resolve("oidc-provider")));
const realm = "/auth/realms/eggplant/protocol/openid-connect";
const machine = { grant_types: ["client_credentials"], redirect_uris: [], response_types: [] };

const provider = new Provider("http://127.0.0.1", {
  clients: [
    { client_id: "ci", client_secret: "ci-s3cret", token_endpoint_auth_method: "client_secret_post", ...machine },
    { client_id: "dai", client_secret: "dai-s3cret", token_endpoint_auth_method: "client_secret_basic", ...machine },
  ],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: (_, client) => client.clientId === "dai" },
    revocation: { enabled: true },
  },
  routes: { token: `${realm}/token`, introspection: `${realm}/introspect`, revocation: `${realm}/revoke` },
  ttl: { ClientCredentials: Number(life) },
});
const server = provider.listen(0, "127.0.0.1", () => console.log(server.address().port));
