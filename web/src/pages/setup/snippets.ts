/** A first event from five places, as code to copy. Segment's SDKs and RudderStack's are tried against Forestay in tests/clients. */
export const snippetsFor = (host: string, key: string): { key: string; name: string; code: string }[] => [
  {
    key: "curl", name: "curl",
    code: `curl ${host}/v1/batch -u ${key}: -H 'Content-Type: application/json' -d '{"batch": [
  {"type": "group", "userId": "user-7", "groupId": "account-42", "traits": {"name": "Harbour Freight", "seats": 40}},
  {"type": "track", "userId": "user-7", "event": "Report Exported", "properties": {"format": "pdf"}}
]}'`,
  },
  {
    key: "node", name: "JavaScript (Segment)",
    code: `// npm install @segment/analytics-node
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${key}", host: "${host}" });
analytics.group({ userId: "user-7", groupId: "account-42", traits: { name: "Harbour Freight", seats: 40 } });
analytics.track({ userId: "user-7", event: "Report Exported", properties: { format: "pdf" } });
await analytics.closeAndFlush();`,
  },
  {
    key: "python", name: "Python (Segment)",
    code: `# pip install segment-analytics-python
import segment.analytics as analytics

analytics.host, analytics.write_key = "${host}", "${key}"
analytics.group("user-7", "account-42", {"name": "Harbour Freight", "seats": 40})
analytics.track("user-7", "Report Exported", {"format": "pdf"})
analytics.flush()`,
  },
  {
    key: "rudder", name: "Python (RudderStack)",
    code: `# pip install rudder-sdk-python
import rudderstack.analytics as rudder

rudder.dataPlaneUrl, rudder.write_key = "${host}", "${key}"
rudder.group("user-7", "account-42", {"name": "Harbour Freight", "seats": 40})
rudder.track("user-7", "Report Exported", {"format": "pdf"})
rudder.flush()`,
  },
  {
    key: "java", name: "Java",
    code: `var body = """
  {"batch": [
    {"type": "group", "userId": "user-7", "groupId": "account-42", "traits": {"name": "Harbour Freight", "seats": 40}},
    {"type": "track", "userId": "user-7", "event": "Report Exported", "properties": {"format": "pdf"}}]}""";
var proof = java.util.Base64.getEncoder().encodeToString("${key}:".getBytes());
var request = java.net.http.HttpRequest.newBuilder(java.net.URI.create("${host}/v1/batch"))
  .header("Authorization", "Basic " + proof).header("Content-Type", "application/json")
  .POST(java.net.http.HttpRequest.BodyPublishers.ofString(body)).build();
java.net.http.HttpClient.newHttpClient().send(request, java.net.http.HttpResponse.BodyHandlers.ofString());`,
  },
  {
    key: "go", name: "Go",
    code: `body := strings.NewReader(\`{"batch": [
  {"type": "group", "userId": "user-7", "groupId": "account-42", "traits": {"name": "Harbour Freight", "seats": 40}},
  {"type": "track", "userId": "user-7", "event": "Report Exported", "properties": {"format": "pdf"}}]}\`)
request, _ := http.NewRequest("POST", "${host}/v1/batch", body)
request.SetBasicAuth("${key}", "")
request.Header.Set("Content-Type", "application/json")
answer, err := http.DefaultClient.Do(request)`,
  },
];
