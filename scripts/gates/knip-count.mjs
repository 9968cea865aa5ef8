// A reporter for knip that says on a last line how many files were read: knip alone is silent when it finds nothing.
export default ({ counters }) => {
  process.stdout.write(`knip read ${counters.processed} of ${counters.total} files\n`)
}
