# CLIPs: judges that know text.
