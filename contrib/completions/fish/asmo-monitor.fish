# fish completion for asmo-monitor(1)
complete -c asmo-monitor -f
complete -c asmo-monitor -s c -l config -r -F -d 'read this config'
complete -c asmo-monitor -l history -r -F -d 'store the snapshot here'
complete -c asmo-monitor -l docker-host -x -a 'unix:///var/run/docker.sock unix:///run/podman/podman.sock' \
    -d 'ask this engine: unix:///path or tcp://host:port'
complete -c asmo-monitor -l no-docker -d 'ask no engine'
complete -c asmo-monitor -l proc -x -a '(__fish_complete_directories)' -d 'read this instead of /proc'
complete -c asmo-monitor -s n -l dry-run -d 'store nothing, log nothing'
complete -c asmo-monitor -s f -l format -x -a 'json prometheus text' -d 'what to print (default: json)'
complete -c asmo-monitor -l send -d 'post what is news to the webhooks of the config'
complete -c asmo-monitor -l exit-code -d 'exit 0 fine, 1 warning, 2 critical, 3 failed'
complete -c asmo-monitor -l check-config -d 'say whether the config is right, and end'
complete -c asmo-monitor -s v -l verbose -d 'say on stderr what is done'
complete -c asmo-monitor -s q -l quiet -d 'nothing on stderr but errors'
complete -c asmo-monitor -s h -l help -d 'this text'
complete -c asmo-monitor -s V -l version -d 'the version'
