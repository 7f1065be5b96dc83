___INFO___

{
  "type": "TAG",
  "id": "cvt_calljoin",
  "version": 1,
  "securityGroups": [],
  "displayName": "Calljoin",
  "categories": ["ANALYTICS", "LEAD_GENERATION"],
  "brand": { "id": "brand_calljoin", "displayName": "Calljoin" },
  "description": "Loads a site's Calljoin tag, which joins phone calls to the visits that they came from.",
  "containerContexts": ["WEB"]
}


___TEMPLATE_PARAMETERS___

[
  {
    "type": "TEXT",
    "name": "collector",
    "displayName": "Collector, with its scheme: https://calls.shop.example",
    "simpleValueType": true,
    "valueValidators": [{ "type": "REGEX", "args": ["^https://[^?#\\s]+$"], "errorMessage": "must begin with https://" }]
  },
  {
    "type": "TEXT",
    "name": "site",
    "displayName": "Tracking id",
    "simpleValueType": true,
    "valueValidators": [{ "type": "NON_EMPTY" }]
  }
]


___SANDBOXED_JS_FOR_WEB_TEMPLATE___

const encodeUriComponent = require('encodeUriComponent');
const injectScript = require('injectScript');

const root = data.collector.charAt(data.collector.length - 1) === '/' ? data.collector.slice(0, -1) : data.collector;
const url = root + '/t/' + encodeUriComponent(data.site) + '.js';
injectScript(url, data.gtmOnSuccess, data.gtmOnFailure, url);


___WEB_PERMISSIONS___

[
  {
    "instance": {
      "key": { "publicId": "inject_script", "versionId": "1" },
      "param": [{ "key": "urls", "value": { "type": 2, "listItem": [{ "type": 1, "string": "https://*/t/*" }] } }]
    },
    "clientAnnotations": { "isEditedByUser": true },
    "isRequired": true
  }
]


___TESTS___

scenarios:
- name: The site's script is injected from the collector
  code: |-
    mock('injectScript', (url, onSuccess) => { assertThat(url).isEqualTo('https://calls.shop.example/t/shop-uk.js'); onSuccess(); });
    runCode({ collector: 'https://calls.shop.example/', site: 'shop-uk', gtmOnSuccess: () => {}, gtmOnFailure: () => {} });
    assertApi('injectScript').wasCalled();


___NOTES___

Custom templates have a sandbox of their own; this one loads one script and no more.
