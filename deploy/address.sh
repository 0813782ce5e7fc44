# 口令不上命令行：命令行里的字，本机任何用户都能在进程表中读到。供 backup.sh 与 restore.sh 引用。
# For backup.sh and restore.sh. A password never becomes an argument: every user of a machine can read the arguments of
# all its processes, and only the same user the environment.

# plain TEXT: as libpq reads a part of an address, in which %40 is @.
plain() {
  text=$1
  while [ "$text" != "${text#*%}" ]; do
    printf %s "${text%%\%*}"
    text=${text#*%}
    printf "\\$(printf %03o "0x$(printf %.2s "$text")")"
    text=${text#??}
  done
  printf %s "$text"
}

# reached ADDRESS PROGRAM…: a program of PostgreSQL with --dbname=ADDRESS, the password in its environment alone.
reached() {
  address=$1
  shift
  case $address in *[?\&]password=*)
    printf '口令请写在 @ 之前 / write the password of an address before its @: postgresql://role:password@host/database\n' >&2
    return 1 ;;
  esac
  place=${address#*://}
  who=${place%%[/@]*}
  case $place in
    "$who"@*) ;;
    *) who= ;;
  esac
  case $who in
    *:*) PGPASSWORD=$(plain "${who#*:}") "$@" --dbname="${address%%://*}://${who%%:*}${place#"$who"}" ;;
    *) "$@" --dbname="$address" ;;
  esac
}
