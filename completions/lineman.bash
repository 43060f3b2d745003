# Completion of lineman for bash. Made by scripts/gen_docs: do not edit.
_lineman() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} options= i
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W 'dial answer play record echo dtmf check options register explain version help' -- "$cur"))
    return
  fi
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [ "${COMP_WORDS[i]}" = -- ]; then
      COMPREPLY=($(compgen -c -f -- "$cur"))
      return
    fi
  done
  case $prev in
    --play|--record|--events|--junit|--ready-file|--record-stereo|--pcap|--password-file)
      compopt -o filenames
      COMPREPLY=($(compgen -f -- "$cur"))
      return ;;
    --ptime)
      COMPREPLY=($(compgen -W '10ms 20ms 30ms 40ms 60ms' -- "$cur"))
      return ;;
    --reject)
      COMPREPLY=($(compgen -W '486 603 480 404 500' -- "$cur"))
      return ;;
    --dtmf-mode)
      COMPREPLY=($(compgen -W 'auto rfc4733 info inband' -- "$cur"))
      return ;;
    --until)
      COMPREPLY=($(compgen -W 'dtmf:# silence:2s hangup' -- "$cur"))
      return ;;
    --log)
      COMPREPLY=($(compgen -W 'error warning info debug' -- "$cur"))
      return ;;
    --print)
      COMPREPLY=($(compgen -W 'exit verdict causes diagnosis status sip_code reason q850 cause ended_by call_id remote codec pdd_ms setup_ms first_rtp_ms duration_ms digits digits_complete media rx.packets rx.lost rx.loss_pct rx.late rx.concealed_ms rx.jitter_ms rx.delay_ms rx.level_db rx.audio rx.rtt_ms rx.mos rx.mos_model tx.packets tx.lost tx.loss_pct tx.late tx.concealed_ms tx.jitter_ms tx.delay_ms tx.level_db tx.audio tx.rtt_ms tx.mos tx.mos_model tx.heard_by_peer calls calls_ok calls_failed events_dropped seed version' -- "$cur"))
      return ;;
    --jitter)
      COMPREPLY=($(compgen -W 'interactive default robust fixed:200ms' -- "$cur"))
      return ;;
    --codec)
      COMPREPLY=($(compgen -W 'opus g722 pcmu pcma' -- "$cur"))
      return ;;
    --trace)
      COMPREPLY=($(compgen -W 'sip' -- "$cur"))
      return ;;
    --transport)
      COMPREPLY=($(compgen -W 'udp tcp' -- "$cur"))
      return ;;
    --dtmf|--read|--wait|--filter|--within|--max|--min|--delay|--ring|--expires|--duration|--max-call|--timeout|--connect-timeout|--ring-timeout|--rtp-timeout|--count|--max-calls|--expect|--allow|--seed|--as|--registrar|--proxy|--listen|--from|--header|--impair|--rtp-ports|--opus-bitrate|--opus-complexity|--digit-duration|--digit-gap)
      return ;;
  esac
  case ${COMP_WORDS[1]} in
    dial) options='--help --play --record --dtmf --read --wait --hangup --filter --within --duration --max-call --timeout --connect-timeout --ring-timeout --rtp-timeout --count --max-calls --expect --require-media --allow-emergency --json --events --print --junit --github --verbose --quiet --log --trace --record-stereo --pcap --seed --as --password-file --registrar --proxy --listen --transport --from --header --codec --ptime --jitter --impair --rtp-ports --opus-bitrate --opus-complexity --dtmf-mode --digit-duration --digit-gap' ;;
    answer) options='--help --play --record --dtmf --read --wait --hangup --filter --within --ring --reject --early --expires --duration --max-call --timeout --connect-timeout --rtp-timeout --count --max-calls --expect --require-media --allow --json --events --print --junit --github --verbose --quiet --log --trace --ready-file --record-stereo --pcap --seed --as --password-file --registrar --proxy --listen --transport --codec --ptime --jitter --impair --rtp-ports --opus-bitrate --opus-complexity --dtmf-mode --digit-duration --digit-gap' ;;
    play) options='--help --duration --max-call --timeout --connect-timeout --ring-timeout --rtp-timeout --count --max-calls --expect --require-media --allow-emergency --json --events --print --junit --github --verbose --quiet --log --trace --record-stereo --pcap --seed --as --password-file --registrar --proxy --listen --transport --from --header --codec --ptime --jitter --impair --rtp-ports --opus-bitrate --opus-complexity --dtmf-mode --digit-duration --digit-gap' ;;
    record) options='--help --max --min --until --duration --max-call --timeout --connect-timeout --ring-timeout --rtp-timeout --count --max-calls --expect --require-media --allow-emergency --json --events --print --junit --github --verbose --quiet --log --trace --record-stereo --pcap --seed --as --password-file --registrar --proxy --listen --transport --from --header --codec --ptime --jitter --impair --rtp-ports --opus-bitrate --opus-complexity --dtmf-mode --digit-duration --digit-gap' ;;
    echo) options='--help --delay --ring --expires --duration --max-call --timeout --connect-timeout --rtp-timeout --count --max-calls --expect --require-media --allow --json --events --print --junit --github --verbose --quiet --log --trace --ready-file --record-stereo --pcap --seed --as --password-file --registrar --proxy --listen --transport --codec --ptime --jitter --impair --rtp-ports --opus-bitrate --opus-complexity --dtmf-mode --digit-duration --digit-gap' ;;
    dtmf) options='--help --read --filter --within --duration --max-call --timeout --connect-timeout --ring-timeout --rtp-timeout --count --max-calls --expect --require-media --allow-emergency --json --events --print --junit --github --verbose --quiet --log --trace --record-stereo --pcap --seed --as --password-file --registrar --proxy --listen --transport --from --header --codec --ptime --jitter --impair --rtp-ports --opus-bitrate --opus-complexity --dtmf-mode --digit-duration --digit-gap' ;;
    check) options='--help --duration --max-call --timeout --connect-timeout --ring-timeout --rtp-timeout --count --max-calls --expect --require-media --allow-emergency --json --events --print --junit --github --verbose --quiet --log --trace --record-stereo --pcap --seed --as --password-file --registrar --proxy --listen --transport --from --header --codec --ptime --jitter --impair --rtp-ports --opus-bitrate --opus-complexity --dtmf-mode --digit-duration --digit-gap' ;;
    options) options='--help --timeout --connect-timeout --expect --json --events --print --junit --github --verbose --quiet --log --trace --pcap --seed --as --password-file --registrar --proxy --listen --transport --from --header' ;;
    register) options='--help --once --expires --timeout --connect-timeout --expect --json --events --print --junit --github --verbose --quiet --log --trace --ready-file --pcap --seed --password-file --registrar --proxy --listen --transport' ;;
    help) options='dial answer play record echo dtmf check options register explain version help answer reject play record echo send read wait hold resume mute unmute stop hangup exit fields events local' ;;
    explain) options='ok expectation_failed usage local_resource resolve unreachable no_answer authentication busy rejected media_negotiation no_media dropped peer_hung_up invalid internal not_built_in signal' ;;
  esac
  if [[ $cur == -* || ${COMP_WORDS[1]} == help || ${COMP_WORDS[1]} == explain ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ ${COMP_WORDS[1]} == play || ${COMP_WORDS[1]} == record ]]; then
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -F _lineman lineman
