/**
 * For bash 3.2 and later, without the package bash-completion. The words go to the program as they are, and are never
 * evaluated. Bash splits words at = and :, so they are put together for the program, and what bash holds for words that
 * went before is cut off its answers. Where it has no answer, files are offered.
 */
export const BASH = String.raw`# bash completion for assayer
__assayer_complete() {
    local i word value cur='' glue='' rest=''
    local words=()
    COMPREPLY=()
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${'$'}{COMP_WORDS[i]}
        if [[ ${'$'}{#words[@]} -gt 0 && ( -n $glue || $word =~ ^[=:]+$ ) ]]; then
            words[${'$'}{#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        glue=''
        [[ $word =~ ^[=:]+$ ]] && glue=yes
    done
    [[ ${'$'}{#words[@]} -gt 0 ]] && cur=${'$'}{words[${'$'}{#words[@]}-1]}
    [[ $cur == *[=:]* ]] && rest=${'$'}{cur%"${'$'}{cur##*[=:]}"}
    while IFS=$'\t' read -r value _; do
        # The last line is a number for the shell.
        [[ -z $value || $value =~ ^:[0-9]+$ ]] && continue
        [[ $value == "$cur"* ]] && COMPREPLY+=("${'$'}{value#"$rest"}")
    done < <("${'$'}{COMP_WORDS[0]/#\~/$HOME}" complete -- "${'$'}{words[@]}" 2>/dev/null)
}
complete -o default -F __assayer_complete assayer`;
