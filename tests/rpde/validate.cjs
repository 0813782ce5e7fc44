// Walks one feed and prints every finding as JSON: node validate.cjs URL PAGES
const { RpdeValidator } = require('@openactive/rpde-validator');

const [url, pages] = process.argv.slice(2);
RpdeValidator(url, { pageLimit: Number(pages), timeoutMs: 60000 }).then((log) => {
  const findings = log.pages.flatMap((page) => page.errors.map(({ data, ...rest }) => ({
    url: page.url,
    severity: (data || rest).severity,
    rule: (data || rest).rule,
    message: (data || rest).message,
  })));
  process.stdout.write(JSON.stringify({ pages: log.pages.length, findings }));
}, (fault) => {
  process.stderr.write(String(fault && fault.stack ? fault.stack : fault));
  process.exit(1);
});
